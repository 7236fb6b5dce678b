/** The version of package.json, put in by the build. */
declare const SYNCPLAN_VERSION: string;
