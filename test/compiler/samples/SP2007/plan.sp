syncplan 1
fleet {
  root www "/srv/www"
  host build at local { root www "./dist" }
  region eu { group web { host web-01 at "10.0.1.11" } }
  region us { group web { host web-02 at "10.1.1.11" } }
}
role master is build
role remote is web
block app { take all in www }
