// The schema's rows of units: what may follow a number, and what it is worth in the base of its kind.
import type { UnitRow } from './row.js';

const SIZES: readonly UnitRow[] = [
  { name: 'B', unit: 'size', factor: 1, doc: 'bytes' },
  { name: 'kB', unit: 'size', factor: 1e3, doc: '1000 bytes' },
  { name: 'MB', unit: 'size', factor: 1e6, doc: '1000 kB' },
  { name: 'GB', unit: 'size', factor: 1e9, doc: '1000 MB' },
  { name: 'TB', unit: 'size', factor: 1e12, doc: '1000 GB' },
  { name: 'KB', unit: 'size', factor: 1e3, doc: '1000 bytes; written `kB`' },
  { name: 'KiB', unit: 'size', factor: 2 ** 10, doc: '1024 bytes' },
  { name: 'MiB', unit: 'size', factor: 2 ** 20, doc: '1024 KiB' },
  { name: 'GiB', unit: 'size', factor: 2 ** 30, doc: '1024 MiB' },
  { name: 'TiB', unit: 'size', factor: 2 ** 40, doc: '1024 GiB' },
];

export const UNITS: readonly UnitRow[] = [
  ...SIZES,
  ...SIZES.map((row): UnitRow => ({ ...row, name: `${row.name}/s`, unit: 'rate', doc: `${row.doc}, each second` })),
  { name: 'ms', unit: 'duration', factor: 1 / 1000, doc: 'milliseconds' },
  { name: 's', unit: 'duration', factor: 1, doc: 'seconds' },
  { name: 'm', unit: 'duration', factor: 60, doc: 'minutes' },
  { name: 'h', unit: 'duration', factor: 3600, doc: 'hours' },
  { name: 'd', unit: 'duration', factor: 86400, doc: 'days' },
  { name: '%', unit: 'percent', factor: 1, doc: 'per cent' },
];
