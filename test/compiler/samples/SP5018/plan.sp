syncplan 1
fleet {
  host build at local { root www "./dist" }
  region eu {
    group web {
      host web-01 at "10.0.1.11" { root www "/srv/www" }
      host web-03 at "10.0.1.13" { agent shell; root www "/srv/www" }
      host web-02 at "sftp://web42@10.0.1.12" { root www "htdocs" }
    }
  }
}
role master is build
role remote is eu.web.web-01, eu.web.web-02
role bare is eu.web.web-03
block app {
  take "*.html" in www
  consistency lock { by command ["hold"] release ["go"] }
  attributes mode, modified, xattr
  hook after run ["systemctl", "reload", "nginx"] on remote
  hook after run ["logger", "done"] on server
}
block bare {
  from master to bare
  take "*.js" in www
  consistency lock { by command ["block"] release ["let", "go"] }
  attributes mode, modified, acl
}
block rest after app {
  take "*.css" in www
  consistency lock
  for eu.web.web-02 {
    consistency verify { rounds 3 every 2s; then fail }
  }
}
block held {
  from master to bare
  take "*.txt" in www
  consistency verify { then lock }
}
