syncplan 1
fleet {
  root www "/srv/www"
  host build at local { root www "./dist" }
  region eu {
    group web {
      host web-01 at "10.0.1.11" tags canary
      host web-02 at "10.0.1.12"
    }
  }
}
role master is build
role remote is eu.web
class a0 where ext is html or executable
class a1 where (class a0 and executable) or not class a0
class a2 where (class a1 and executable) or not class a1
class a3 where (class a2 and executable) or not class a2
class a4 where (class a3 and executable) or not class a3
class a5 where (class a4 and executable) or not class a4
class a6 where (class a5 and executable) or not class a5
class a7 where (class a6 and executable) or not class a6
class a8 where (class a7 and executable) or not class a7
class a9 where (class a8 and executable) or not class a8
class a10 where (class a9 and executable) or not class a9
class a11 where (class a10 and executable) or not class a10
class a12 where (class a11 and executable) or not class a11
block app { take a12 in www }
