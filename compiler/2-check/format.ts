// Files that `syncplan fmt` would write differently; one warning each, at the first line that differs.
import { format } from '../../grammar/format.js';
import type { Program, ProgramFile } from '../1-resolve/program.js';
import { finding, type Report } from '../catalog/finding.js';
import * as settings from '../catalog/settings.js';

export const checkFormat = (program: Program, report: Report): void => {
  for (const file of program.files.values()) if (!file.broken) checkFile(file, report);
};

const checkFile = ({ source }: ProgramFile, report: Report): void => {
  const formatted = format(source);
  if (!formatted.ok || formatted.text === source.text) return;
  const { path, text } = source;
  let differs = 0;
  while (differs < text.length && text[differs] === formatted.text[differs]) differs++;
  const start = Math.min(text.lastIndexOf('\n', differs - 1) + 1, Math.max(0, text.length - 1));
  const end = text.indexOf('\n', start);
  const fix = [{ span: { file: path, start: 0, end: text.length }, text: formatted.text }];
  report(finding(settings.notFormatted, { file: path, start, end: end < 0 ? text.length : end }, [], { fix }));
};
