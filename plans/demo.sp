syncplan 1
# The plan of `npm run demo`: two releases of a real package, three machines, pages and code in the right order.
# The demo starts the machines, fills the master and says where everything is.
input fleet default "/tmp/syncplan-demo"

fleet {
  # The master: this machine. Its folder holds the new release.
  host build at local { root site "${fleet}/build/site" }

  # Three machines behind SSH; the demo's ssh configuration knows the names.
  region eu {
    group web {
      host eu-01 at "syncplan-demo-eu-01" tags canary { root site "${fleet}/eu-01/site" }
      host eu-02 at "syncplan-demo-eu-02" { root site "${fleet}/eu-02/site" }
    }
  }
  region us {
    group web {
      host us-01 at "syncplan-demo-us-01" { root site "${fleet}/us-01/site" }
    }
  }

  # The same three as folders of this machine, for where no sshd is installed.
  group folders {
    host folder-01 at local { root site "${fleet}/folder-01/site" }
    host folder-02 at local { root site "${fleet}/folder-02/site" }
    host folder-03 at local { root site "${fleet}/folder-03/site" }
  }
}

role master is build
role remote is eu.web, us.web

class page where ext in [html, md] or name is "LICENSE"
class manifest where path is "package.json"

# First what the entry points will ask for.
block library {
  take all except page, manifest in site
  delete mirror { max 30%; trash 1d }
}

# Then what people read, and last of all the manifest that names the release.
block release after library {
  take page, manifest in site
  order page, manifest
}
