syncplan 1
# Telephone exchanges that stay in service while they are updated, block by block: the schema first, then the tables, then
# the programs, on all exchanges at the same moment. Every exchange has two parallel file systems, active and standby.
import "./exchange/fleet.sp"

input release default "2026.11"

role master is lab.test.bench
role remote where group is core and not tag is spare
role fallback where tag is spare

class schema where path under "schema" and ext in [ddl, ver]
class table where ext is tbl and size < 64MiB
class library where ext is so
class program where executable and not ext is so
class stamp where name is "VERSION"

# Closed to everybody while it changes: nobody reads half a schema.
block schema {
  take schema in data
  consistency lock { wait 1m; hold 2m; by permissions }
  attributes mode, modified, owner, group, acl
}

# Tried without any lock; only an exchange whose tables keep changing is locked, and the southern ones at once.
block tables after schema {
  take table in data "tables"
  consistency verify { rounds 5 every 500ms; then lock { wait 2m } }
  for south.core, x-01 { consistency lock { by advisory } }
  delete mirror { max 5%; protect "local/**"; trash 14d }
  set { owner "exchange"; group "exchange"; files 0640; folders 0750 }
}

# The standby program takes over while libraries and programs are exchanged, on every exchange together.
block programs after schema, tables {
  take library, program, stamp in software
  order library, program, stamp
  attributes mode, modified, xattr, special
  compare checksum sha256
  consistency lock {
    hold 10m
    by command ["/opt/exchange/bin/standby", "hold"] release ["/opt/exchange/bin/standby", "resume"]
  }
  commit together
  hook before run ["/opt/exchange/bin/ready"] on remote timeout 10s
  hook after changed library run ["ldconfig", "-n", "/opt/exchange/lib"] on remote
  hook after changed stamp run ["logger", "-t", "exchange", "release ${release} is out"] on server
}

# The spare exchange keeps what it runs; its second file system is ready to be switched to.
block standby after programs {
  from master to fallback
  take library, program, stamp in software
  roots second
  consistency none
  transfer { durability none }
}
transfer { parallel 4; durability strict }
