// The model of a plan: what all its names mean. null stands for what was faulty and has been reported.
import type { Statement } from '../../grammar/ast.js';
import type { Span } from '../../grammar/source.js';
import type {
  Attribute,
  CompareMethod,
  Consistency,
  DeletePolicy,
  FileTest,
  HostAddress,
  LinkPolicy,
  RootPath,
} from '../plan.js';
import type { IsPoisoned } from './poison.js';

export type PlanModel = {
  readonly fleet: FleetModel;
  /** In the order of the text. */
  readonly blocks: readonly BlockModel[];
  readonly onFailure: 'continue' | 'stop';
  readonly parallel: number;
  readonly inputs: Readonly<Record<string, string>>;
  readonly routes: readonly RouteModel[];
  readonly isPoisoned: IsPoisoned;
};

export type FleetModel = {
  /** In the order of the text. */
  readonly hosts: readonly HostModel[];
  readonly find: FindHosts;
  /** No host was left out for a fault, so what is not here does not exist. */
  readonly isWhole: boolean;
};

/** The hosts a reference means; null where it means none or could mean several, which is reported at the place. */
export type FindHosts = (reference: string, span: Span) => readonly HostModel[] | null;

export type HostModel = {
  /** Leaf name where that is unique, else the shortest unique dotted suffix. */
  readonly id: string;
  readonly name: string;
  readonly region: string;
  readonly group: string;
  readonly tags: readonly string[];
  /** null: malformed, or of a later release. */
  readonly address: HostAddress | null;
  readonly isLocal: boolean;
  readonly agent: 'auto' | 'node';
  readonly roots: ReadonlyMap<string, RootModel>;
  /** Its name in the statement that declares it. */
  readonly span: Span;
};

export type RootModel = {
  readonly name: string;
  /** null: malformed, and reported. */
  readonly path: RootPath | null;
  /** Of the path in the text. */
  readonly span: Span;
};

export type RoleModel = { readonly name: string; readonly span: Span; readonly hosts: readonly HostModel[] | null };

export type BlockModel = {
  readonly name: string;
  /** Of the name. */
  readonly span: Span;
  readonly after: readonly { readonly block: string; readonly span: Span }[];
  readonly from: string;
  readonly to: string;
  /** Of `from … to …`, or of the name where it is not said. */
  readonly rolesSpan: Span;
  readonly masters: readonly HostModel[] | null;
  readonly remotes: readonly HostModel[] | null;
  readonly takes: readonly TakeModel[];
  readonly order: readonly ItemModel[];
  /** `roots second`, which needs a host with parallel paths. */
  readonly second: Span | null;
  readonly compare: CompareMethod;
  readonly attributes: readonly Attribute[];
  readonly links: LinkPolicy;
  readonly consistency: Consistency;
  readonly delete: DeletePolicy;
  /** Of `delete mirror`'s bounds. */
  readonly guard: { readonly span: Span } | null;
  readonly statement: Statement;
};

export type TakeModel = {
  readonly include: readonly ItemModel[];
  readonly except: readonly ItemModel[];
  readonly from: PlaceModel;
  readonly into: PlaceModel;
  readonly span: Span;
};

/** A root with a folder in it; `folder` is a byte string. */
export type PlaceModel = { readonly root: string; readonly folder: string; readonly span: Span };

export type ItemModel = {
  readonly test: FileTest | null;
  /** As messages name it: "the class `page`", "the glob `*.map`". */
  readonly shown: string;
  readonly className: string | null;
  readonly span: Span;
};

export type RouteModel = {
  readonly statement: Statement;
  /** The block it stands in; null for the file's. */
  readonly block: string | null;
};

/** Everything there is. */
export const ALL: FileTest = { is: 'all' };

/** UTF-8 bytes of a text, one character each: what names of files are in the plan. */
export const toBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');
