syncplan 1
fleet {
  agent shell
  root www "/srv/www"
  host build at local { root www "./dist" }
  region eu {
    group web {
      host web-01 at "10.0.1.11:22" tags canary
      host web-02 at "10.0.1.12"
    }
  }
}
role master is build
role remote is eu.web
block app { take all in www }
