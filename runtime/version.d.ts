/** The version of package.json, put in by the build. */
declare const SYNCPLAN_VERSION: string;
/** The name of the script beside the program that holds all the rest of it; '' where it is not bundled. */
declare const SYNCPLAN_PROGRAM: string;
