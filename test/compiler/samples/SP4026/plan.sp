syncplan 1
fleet {
  host build at local { root www "./dist" }
  group web {
    root www "/srv/www"
    host "web-{1..10000}" at "web-{1..10000}.example.org"
  }
}
role master is build
role remote is web
block app { take all in www }
