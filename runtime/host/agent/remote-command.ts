// The one constant command that `ssh` runs on another machine: /bin/sh looks for Node.js, and Node.js for the agent's bundle.
//
// What both of them say and are told on standard streams is specified in push.ts. The login shell may be anything that knows
// single quotes: the text holds no quote, backslash, `!` or line break inside them.
import { BOOT } from '../shell/boot.js';
import { MAGIC } from './protocol.js';

/** Bytes of the first line that the client sends. */
export const PREAMBLE = 1024;

/** An account may have no PATH at all, and then programs lie where they lie on nearly every machine. */
const HAVE_PATH = 'PATH=${PATH:-/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin}; export PATH;';

/** Tells the version, the old ones apart; `exec` leaves no shell behind. */
const SEARCH = [
  HAVE_PATH,
  'fit() {',
  'v=$("$1" -v 2>/dev/null </dev/null) || return 0;',
  'case $v in v1[89].*|v[2-9][0-9].*|v[1-9][0-9][0-9].*) exec "$1" -e "$loader" "$preamble";; v*) old="$old $1=$v";; esac;',
  '};',
  'if [ -n "$SYNCPLAN_NODE" ]; then fit "$SYNCPLAN_NODE"; else',
  'for n in "$(command -v node)" "$(command -v nodejs)"',
  '"$HOME"/.nvm/versions/node/*/bin/node "$HOME"/.volta/bin/node "$HOME"/.local/share/fnm/node-versions/*/installation/bin/node',
  '"$HOME"/.fnm/node-versions/*/installation/bin/node "$HOME"/.asdf/installs/nodejs/*/bin/node',
  '"$HOME"/.local/share/mise/installs/node/*/bin/node "$HOME"/n/bin/node "$HOME"/.local/bin/node "$HOME"/bin/node',
  '/usr/local/bin/node /usr/bin/node /opt/node*/bin/node /usr/local/lib/nodejs/*/bin/node /opt/homebrew/bin/node',
  '/snap/bin/node; do if [ -x "$n" ]; then fit "$n"; fi; done; fi;',
];

const SCRIPT = ['loader=$1; old=; preamble=;', ...SEARCH, `echo "${MAGIC} none$old"; read -r preamble; ${BOOT}`].join(
  ' ',
);

/** As above; then the copy that was left here, or one that is sent now, or a shell. `read` takes not one byte more than its line. */
const SCRIPT_WITH_RUNTIME = [
  'loader=$1; old=; IFS=" " read -r want size && IFS= read -r preamble || exit 0;',
  ...SEARCH,
  `fail() { rm -f "$t"; echo "${MAGIC} failed $1"; exit 1; };`,
  'sum() { { sha256sum || shasum -a 256 || sha256 -q || openssl dgst -sha256 -r; } <"$1" 2>/dev/null | cut -c 1-64; };',
  'try() { fit "$f"; fail "the Node.js copied there does not run: $("$f" -v 2>&1 </dev/null | head -n 1)"; };',
  't=; c=${XDG_CACHE_HOME:-}; case $c in /*) ;; *) c=$HOME/.cache;; esac; c=$c/syncplan; f=$c/node-$want;',
  'if [ -f "$f" ] && [ "$(wc -c <"$f")" -eq "$size" ]; then fit "$f"; if [ "$(sum "$f")" = "$want" ]; then try; fi; fi;',
  'l=; for p in /lib/ld-musl-* /lib/ld-linux* /lib64/ld-linux*; do if [ -e "$p" ]; then',
  'case $p in *musl*) l=$l,musl;; *) l=$l,glibc;; esac; fi; done;',
  `echo "${MAGIC} bare $(uname -s) $(uname -m) \${l:-,}$old";`,
  `read -r go || exit 0; if [ "$go" = shell ]; then unset -f fit fail sum try; echo "${MAGIC} shell"; ${BOOT}; exit 0; fi;`,
  'umask 077; mkdir -p "$c" 2>/dev/null;',
  't=$(mktemp "$f.XXXXXX" 2>/dev/null) || fail "no file can be made in $c";',
  'head -c "$size" >"$t" 2>/dev/null; [ "$(wc -c <"$t")" -eq "$size" ] || fail "Node.js did not arrive whole in $c";',
  's=$(sum "$t"); [ -n "$s" ] || fail "there is no sha256sum, shasum, sha256 or openssl to verify Node.js with";',
  '[ "$s" = "$want" ] || fail "Node.js was damaged on its way";',
  'chmod 700 "$t" && mv -f "$t" "$f" || fail "$f cannot be put in place"; try',
].join(' ');

/** Runs in Node.js. Comparisons are written without `!`; mkdir with `recursive` never ends below /proc. What V8 compiled is kept
 * beside the bundle, after its SHA-256, and used again where it is this user's own, as the program's is (cli/compiled.ts). */
const LOADER = [
  'const fs=require("fs"),path=require("path"),os=require("os"),crypto=require("crypto");',
  'const take=n=>{const b=Buffer.alloc(n);let at=0;while(at<n){try{const got=fs.readSync(0,b,at,n-at,null);',
  'if(got===0)process.exit(0);at+=got}catch(e){if(e.code==="EAGAIN")',
  'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)),0,0,5);else throw e}}return b};',
  `const say=t=>fs.writeSync(1,"${MAGIC} "+t.split(String.fromCharCode(10)).join(" ")+String.fromCharCode(10));`,
  `const {sha256,size,label}=JSON.parse(process.argv[1]||take(${PREAMBLE}).toString());`,
  'const sum=b=>crypto.createHash("sha256").update(b).digest("hex");',
  'const name="agent-"+sha256.slice(0,32)+".cjs";',
  'const cache=path.isAbsolute(process.env.XDG_CACHE_HOME||"")?process.env.XDG_CACHE_HOME:path.join(os.homedir(),".cache");',
  'let file=path.join(cache,"syncplan",name);',
  'const put=(f,b)=>{const t=f+"."+crypto.randomBytes(6).toString("hex");',
  'fs.writeFileSync(t,b,{flag:"wx",mode:384});fs.renameSync(t,f)};',
  'let text,code;try{text=fs.readFileSync(file)}catch{}',
  'try{if(text===undefined||(sum(text)===sha256)===false){say("need "+process.version);const b=text=take(size);',
  'for(const f of [cache,path.dirname(file)])try{fs.mkdirSync(f,448)}catch{}',
  'if(sum(b)===sha256){try{put(file,b)}catch{file=path.join(fs.mkdtempSync(path.join(os.tmpdir(),"syncplan-agent-")),name);put(file,b)}}',
  'else throw new Error("the bundle was damaged on its way")}',
  'const kept=file+"."+process.version+"-"+process.arch;',
  'try{const d=fs.openSync(kept,"r");try{const s=fs.fstatSync(d),b=fs.readFileSync(d),rest=b.subarray(64);',
  'if(s.uid===process.geteuid()&&(s.mode&18)===0&&sum(rest)===b.toString("latin1",0,64))code=rest}finally{fs.closeSync(d)}}catch{}',
  'const script=new(require("vm").Script)("(function(exports,require,module){"+text.toString("latin1")+"})",',
  '{filename:file,cachedData:code});',
  'if(code===undefined||script.cachedDataRejected)process.once("exit",()=>{try{const c=script.createCachedData();',
  'put(kept,Buffer.concat([Buffer.from(sum(c)),c]))}catch{}});',
  'process.argv[1]=file;process.argv[2]=label;const module={exports:{}};',
  'script.runInThisContext()(module.exports,require("module").createRequire(file),module)',
  '}catch(e){say("failed "+e.message);process.exit(1)}',
].join('');

/** What `ssh` is told to run; the same for every machine and every plan. */
export const REMOTE_COMMAND = `exec /bin/sh -c '${SCRIPT}' syncplan '${LOADER}'`;

/** The same where nothing but the shell is wanted. */
export const SHELL_COMMAND = `exec /bin/sh -c '${HAVE_PATH} echo "${MAGIC} shell"; ${BOOT}' syncplan`;

/** The same for `agent push-runtime`. */
export const REMOTE_COMMAND_WITH_RUNTIME = `exec /bin/sh -c '${SCRIPT_WITH_RUNTIME}' syncplan '${LOADER}'`;

/** What a client of this or another version asked a server to run for it, by the form of the command; null for anything else. */
export const askedFor = (command: string): 'agent' | 'agent with runtime' | 'shell' | null => {
  const [, script, loader] = ASKED.exec(command) ?? [];
  if (script === undefined || !script.includes(MAGIC)) return null;
  if (loader === undefined) return 'shell';
  return script.includes(`${MAGIC} bare`) ? 'agent with runtime' : 'agent';
};

const ASKED = /^exec \/bin\/sh -c '([^']*)' syncplan(?: '([^']*)')?$/;
