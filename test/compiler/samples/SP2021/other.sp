syncplan 1
import "./plan.sp"
