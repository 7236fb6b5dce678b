// The grammar: generic statements and one expression language. What has a name is the schema's business, not the grammar's.
import { type CstNode, CstParser, type IToken, type ParserMethod } from 'chevrotain';
import * as T from './tokens.js';

type Rule = ParserMethod<[], CstNode>;

/** One instance serves every text: set `input`, call `plan`, read `errors`. */
export class PlanParser extends CstParser {
  /** Validation of the grammar itself costs more than a parse; a test does it for all. */
  constructor(validate: boolean) {
    super([...T.PARSED], { recoveryEnabled: true, maxLookahead: 2, skipValidations: !validate });
    this.performSelfAnalysis();
  }

  plan: Rule = this.RULE('plan', () => {
    this.OPTION(() => this.SUBRULE(this.statement, { LABEL: 'statement' }));
    this.MANY(() => {
      this.CONSUME(T.Separator);
      this.OPTION1(() => this.SUBRULE1(this.statement, { LABEL: 'statement' }));
    });
  });

  statement: Rule = this.RULE('statement', () => {
    this.CONSUME(T.AnyName, { LABEL: 'head' });
    this.MANY(() => {
      this.OR([
        { ALT: () => this.CONSUME1(T.AnyName, { LABEL: 'item' }) },
        { ALT: () => this.CONSUME(T.Str, { LABEL: 'item' }) },
        { ALT: () => this.CONSUME(T.Num, { LABEL: 'item' }) },
        { ALT: () => this.CONSUME(T.Comma, { LABEL: 'item' }) },
        { ALT: () => this.CONSUME(T.Arrow, { LABEL: 'item' }) },
        { ALT: () => this.CONSUME(T.Equals, { LABEL: 'item' }) },
        { ALT: () => this.SUBRULE(this.list, { LABEL: 'item' }) },
        // What belongs in no statement is told when the tree is built, so that one sign does not hide the rest.
        { ALT: () => this.CONSUME(T.Compare, { LABEL: 'stray' }) },
        { ALT: () => this.CONSUME(T.LParen, { LABEL: 'stray' }) },
        { ALT: () => this.CONSUME(T.RParen, { LABEL: 'stray' }) },
        { ALT: () => this.CONSUME(T.Stray, { LABEL: 'stray' }) },
      ]);
    });
    this.OPTION(() => {
      this.CONSUME(T.Where);
      this.SUBRULE(this.expression, { LABEL: 'where' });
    });
    this.OPTION1(() => this.SUBRULE(this.body, { LABEL: 'body' }));
  });

  body: Rule = this.RULE('body', () => {
    this.CONSUME(T.LBrace, { LABEL: 'open' });
    this.OPTION(() => this.SUBRULE(this.statement, { LABEL: 'statement' }));
    this.MANY(() => {
      this.CONSUME(T.Separator);
      this.OPTION1(() => this.SUBRULE1(this.statement, { LABEL: 'statement' }));
    });
    this.CONSUME(T.RBrace, { LABEL: 'close' });
  });

  list: Rule = this.RULE('list', () => {
    this.CONSUME(T.LSquare, { LABEL: 'open' });
    this.MANY(() => {
      this.OR([
        { ALT: () => this.CONSUME(T.AnyName, { LABEL: 'item' }) },
        { ALT: () => this.CONSUME(T.Str, { LABEL: 'item' }) },
        { ALT: () => this.CONSUME(T.Num, { LABEL: 'item' }) },
        { ALT: () => this.CONSUME(T.Comma, { LABEL: 'item' }) },
        { ALT: () => this.SUBRULE(this.list, { LABEL: 'item' }) },
      ]);
    });
    this.CONSUME(T.RSquare, { LABEL: 'close' });
  });

  expression: Rule = this.RULE('expression', () => {
    this.SUBRULE(this.conjunction, { LABEL: 'operand' });
    this.MANY(() => {
      this.CONSUME(T.Or);
      this.SUBRULE1(this.conjunction, { LABEL: 'operand' });
    });
  });

  conjunction: Rule = this.RULE('conjunction', () => {
    this.SUBRULE(this.factor, { LABEL: 'operand' });
    this.MANY(() => {
      this.CONSUME(T.And);
      this.SUBRULE1(this.factor, { LABEL: 'operand' });
    });
  });

  factor: Rule = this.RULE('factor', () => {
    this.MANY(() => this.CONSUME(T.Not, { LABEL: 'not' }));
    this.OR([
      { ALT: () => this.SUBRULE(this.group, { LABEL: 'group' }) },
      { ALT: () => this.SUBRULE(this.test, { LABEL: 'test' }) },
    ]);
  });

  group: Rule = this.RULE('group', () => {
    this.CONSUME(T.LParen, { LABEL: 'open' });
    this.SUBRULE(this.expression, { LABEL: 'expression' });
    this.CONSUME(T.RParen, { LABEL: 'close' });
  });

  test: Rule = this.RULE('test', () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(T.Class, { LABEL: 'subject' });
          this.CONSUME(T.AnyName, { LABEL: 'operand' });
        },
      },
      { ALT: () => this.SUBRULE(this.comparison, { LABEL: 'comparison' }) },
      {
        ALT: () => {
          this.CONSUME(T.Word, { LABEL: 'subject' });
          this.OPTION(() =>
            this.OR1([
              { ALT: () => this.SUBRULE1(this.comparison, { LABEL: 'comparison' }) },
              { ALT: () => this.SUBRULE(this.equality, { LABEL: 'comparison' }) },
            ]),
          );
        },
      },
    ]);
  });

  /** What may also stand without a subject, where the schema knows the one that is meant. */
  comparison: Rule = this.RULE('comparison', () => {
    this.OR([
      { ALT: () => this.CONSUME(T.Matches, { LABEL: 'operator' }) },
      { ALT: () => this.CONSUME(T.Under, { LABEL: 'operator' }) },
      { ALT: () => this.CONSUME(T.Within, { LABEL: 'operator' }) },
      {
        ALT: () => {
          this.CONSUME(T.Older, { LABEL: 'operator' });
          this.CONSUME(T.Than, { LABEL: 'operator' });
        },
      },
      {
        ALT: () => {
          this.CONSUME(T.Listed, { LABEL: 'operator' });
          this.CONSUME(T.In, { LABEL: 'operator' });
        },
      },
    ]);
    this.SUBRULE(this.operand, { LABEL: 'operand' });
  });

  equality: Rule = this.RULE('equality', () => {
    this.OR([
      {
        ALT: () => {
          this.CONSUME(T.Is, { LABEL: 'operator' });
          this.OPTION(() => this.CONSUME(T.Not, { LABEL: 'operator' }));
        },
      },
      {
        ALT: () => {
          this.CONSUME1(T.Not, { LABEL: 'operator' });
          this.OR1([
            { ALT: () => this.CONSUME(T.In, { LABEL: 'operator' }) },
            { ALT: () => this.CONSUME(T.Matches, { LABEL: 'operator' }) },
            { ALT: () => this.CONSUME(T.Under, { LABEL: 'operator' }) },
          ]);
        },
      },
      { ALT: () => this.CONSUME1(T.In, { LABEL: 'operator' }) },
      { ALT: () => this.CONSUME(T.Compare, { LABEL: 'operator' }) },
    ]);
    this.SUBRULE(this.operand, { LABEL: 'operand' });
  });

  operand: Rule = this.RULE('operand', () => {
    this.OR([
      { ALT: () => this.CONSUME(T.AnyName, { LABEL: 'item' }) },
      { ALT: () => this.CONSUME(T.Str, { LABEL: 'item' }) },
      { ALT: () => this.CONSUME(T.Num, { LABEL: 'item' }) },
      { ALT: () => this.SUBRULE(this.list, { LABEL: 'item' }) },
    ]);
  });

  read(tokens: readonly IToken[]): CstNode {
    this.input = [...tokens];
    return this.plan();
  }
}
