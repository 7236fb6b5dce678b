syncplan 1
fleet {
  root www "/srv/www"
  host build at local { root www "./dist" }
  host gate at "gate" { ssh { via inner } }
  host inner at "inner" { ssh { via gate } }
  region eu {
    group web {
      ssh { via inner }
      host web-01 at "10.0.1.11"
      host web-02 at "10.0.1.12"
    }
  }
}
role master is build
role remote is eu.web
block app { take all in www }
