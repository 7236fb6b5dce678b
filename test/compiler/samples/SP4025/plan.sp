syncplan 1
fleet {
  become www-data
  root www "/srv/www"
  host build at local { root www "./dist" }
  region eu {
    group web {
      host web-01 at "sftp://10.0.1.11"
      host web-02 at "10.0.1.12"
    }
  }
}
role master is build
role remote is eu.web
block app { take all in www }
