// Builds everything: every TypeScript file to build/ one by one (for tests), and the shipped bundles to dist/.
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { glob } from 'node:fs';
import { promisify } from 'node:util';
import { execFileSync } from 'node:child_process';
