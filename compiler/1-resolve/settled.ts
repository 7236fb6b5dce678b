// What a model without faults must have: anything still missing is a fault of the compiler itself.
export const settled = <T>(value: T | null | undefined): T => {
  if (value === null || value === undefined) throw new Error('the model is not whole although nothing was reported');
  return value;
};
