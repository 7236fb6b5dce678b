syncplan 1
fleet {
  root www "/srv/www"
  host build at local { root www "./dist" }
  region eu {
    group web {
      host "app-{12..02}" at "10.0.1.{12..22}" tags canary
      host web-02 at "10.0.1.12"
    }
  }
}
role master is build
role remote is web-02
block app { take all in www }
