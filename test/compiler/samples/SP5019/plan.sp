syncplan 1
fleet {
  host build at local { root www "./dist" }
  region eu {
    root www "/srv/www"
    group web {
      host web-01 at "10.0.1.11"
      host web-02 at "10.0.1.12"
    }
  }
}
role master is build
role remote is eu.web
block app {
  take all in www
  consistency lock { by command ["/opt/app/standby", "hold"] release ["/opt/app/standby", "resume"] }
  commit together
  for web-02 { consistency lock { by command ["/opt/app/hold"] release ["/opt/app/go"] } }
}
