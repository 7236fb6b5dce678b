// Plans that several tests read: whole ones, and small ones with every form the language has.

export const EXCHANGES = `syncplan 1
# A software release for telephone exchanges: one test installation is the master, the
# exchanges stay in service while they are updated, block by block.
input release default "2026.11"

fleet {
  ssh { user sync; key "~/.ssh/sync_ed25519" }
  root software "/opt/exchange/a/software", "/opt/exchange/b/software"   # two parallel file systems
  root data     "/opt/exchange/data"
  region lab { group test { host bench at "bench.lab.example.net" { root software "/build/\${release}/software"; root data "/build/\${release}/data" } } }
  region north { group core { host "x-{01..03}" at "x{01..03}.north.example.net" } }
  region south { group core { host "y-{01..02}" at "y{01..02}.south.example.net"; host y-03 at "y03.south.example.net" tags spare } }
}

role master is lab.test.bench
role remote where group is core and not tag is spare

class schema  where path under "schema" and ext in [ddl, ver]
class program where executable or ext in [so, bin]
class tables  where ext is tbl and size < 64MiB and not name matches "*.tmp"
class stamp   where name is "VERSION"

block schema {
  take schema in data
  consistency lock { wait 30s; hold 2m }
}
block tables after schema {
  take tables in data
  consistency verify { rounds 3 every 2s; then lock }
  for south.core { consistency lock }
  delete mirror { max 5%; protect "local/**"; trash 7d }
}
block programs after schema, tables {
  take program, stamp in software
  order program, stamp
  attributes mode, modified, owner, group
  compare checksum sha256
  consistency lock { by command ["/opt/exchange/bin/standby", "hold"] release ["/opt/exchange/bin/standby", "resume"] }
  commit together
}
transfer { mode auto; compress 3; same-group { compress 0 }; other-region { compress 9; limit 4MiB/s } }
`;

export const MINIMAL = `syncplan 1
fleet {
  host here at local { root files "./files" }
  host there at "127.0.0.1:2222" { root files "/tmp/syncplan/there" }
}
role master is here
role remote is there
block all { take all in files }
`;

export const WEBSITE = `syncplan 1
# A site served by clusters in two regions. Pages go last, so that no page ever names an asset that is not there yet.
let www = "/srv/www"

fleet {
  ssh { user deploy }
  root site "\${www}"
  host build at local { root site "./dist" }
  region eu {
    group web   { host "web-{01..04}" at "10.0.1.{11..14}" }
    group image { host img-01 at "10.0.2.11" { root site "/srv/images" } }
  }
  region us { group web { host "web-{01..04}" at "10.1.1.{11..14}" } }
}
role master is build
role remote where group is web
role images is eu.image

class picture where ext in [png, jpg, webp, avif]
class page    where ext in [html, xml] or name is "robots.txt"
class asset   where not class picture and not class page and not name matches "*.map"

block pictures { from master to images; take picture in site; compare quick }
block site after pictures {
  take asset, page in site
  order asset, page
  delete mirror { max 10%; protect "uploads/**"; trash 3d }
  hook after run ["systemctl", "reload", "nginx"] on remote timeout 30s
}
transfer { compress 3; same-group { compress 0; encrypt off } }
route tree
`;

/** Every setting and every form of a condition, as language tables and prose show them. */
export const EVERYTHING = String.raw`syncplan 1
import "./fleet.sp"
let release = "2026.11"
let small = 64KiB
let patient = 5m
let share = 12.5%
let kinds = [html, "x y", 3, 20MB/s, [a, b]]
input target
on failure stop
fleet {
  ssh { user deploy; port 22; key "~/.ssh/deploy"; via bastion; config "ssh.conf" }
  root www "/srv/www", "/srv/www2" state "/srv/.state" wide
  agent push-runtime
  become www
  region eu { group web { host web-01 at "10.0.1.11" tags canary, ssd; host "web-{02..12}" at "10.0.1.{12..22}" } }
  host shop at "sftp://web42@[2001:db8::5]:22" { root www "htdocs" }
}
role remote is eu.web, us.web.web-07
role some where (host is a or region in [eu, us]) and not tag is frozen
class a where all
class b where name is "VERSION" or name is not "x" or name in ["a", b] or name not in [c]
class c where path under "schema" and under "schema" and path not under "old" and path matches "**/*.ts"
class d where size < 64MiB and size >= 1kB and not size > 1.5GiB and size <= 10
class e where modified within 7d or within 7d or modified older than 12h or older than 500ms
class f where listed in "files.txt" or path listed in "more.txt" or executable or class e
class g where type is directory and mode is 0644 and owner is root and group in [www-data]
class h where not (not not executable and (all or ext is so))
class where where where is x
block app after tls, db {
  from master to remote
  take code, asset, "VERSION" except "**/*.map" in www
  take config from dist "etc" into app "conf"
  take in in www
  roots first
  order code, asset, "VERSION"
  compare checksum xxh128
  attributes mode, modified
  set { owner "www-data"; files 0640; folders 0750 }
  links { symbolic keep; hard keep; escaping refuse }
  consistency lock { wait 30s; hold 5m; by permissions }
  for eu.web.web-02 { consistency verify { rounds 3 every 2s; then lock { wait 1m; by advisory } } }
  delete mirror { max 2%; max 500 files; protect "uploads/**"; trash 7d }
  commit independent
  hook after changed config run ["systemctl", "reload", "nginx \"x\" \$HOME \u{e9}"] on remote timeout 30s
}
transfer { mode auto; limit 20MiB/s; parallel 16; durability strict; same-group { compress 0; encrypt off } }
route { build -> eu.web.web-01; eu.web.web-01 -> eu.web }
`;

/** Comments wherever one may stand. */
export const COMMENTED = `# before everything

# apart
syncplan 1 # the edition


# two blank lines above
class x where ext in [html, # first
  # own
  css, js # last
  # end
  ] and # why
  # because
  size < 3 # tail
fleet { # open

  # first
  host a at local # host

  # before close
}
block b {
  # only
}
block c { } # empty
block d { take a in b; } # flat
role r is a, # one
  # two
  b
# at the end`;

/** Slips that are accepted and mended. */
export const SLIPPED = `syncplan 1
let a: 5
import './fl"eet.sp'
class x where ext in [html, css,] && !executable || name != "x" and ext == so and ext = bin
class y where size < 10 MB // foreign
class z where ext is not in [a]
block b
{
  compress = 6; wait: 30s
  after c, d,
}
block e { } block f { }
`;

export const SAMPLES: readonly (readonly [name: string, text: string])[] = [
  ['exchanges', EXCHANGES],
  ['minimal', MINIMAL],
  ['website', WEBSITE],
  ['everything', EVERYTHING],
  ['commented', COMMENTED],
  ['slipped', SLIPPED],
];
