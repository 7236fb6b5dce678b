syncplan 1
let a0 = "abcdefgh"
let a1 = "${a0}${a0}"
let a2 = "${a1}${a1}"
let a3 = "${a2}${a2}"
let a4 = "${a3}${a3}"
let a5 = "${a4}${a4}"
let a6 = "${a5}${a5}"
let a7 = "${a6}${a6}"
let a8 = "${a7}${a7}"
let a9 = "${a8}${a8}"
let a10 = "${a9}${a9}"
let a11 = "${a10}${a10}"
let a12 = "${a11}${a11}"
let a13 = "${a12}${a12}"
fleet {
  root www "/srv/${a13}"
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
block app { take all in www }
