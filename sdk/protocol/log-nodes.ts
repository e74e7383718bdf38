/**
 * How many nodes of a log's tree are complete when it has `size` blocks. The block with index i completes its leaf and one node
 * more for each 1 at the end of i. Without bitwise operators, which end at 32 bits.
 */
export const completeNodes = (size: number): number => {
  let ones = 0
  for (let rest = size; rest > 0; rest = Math.floor(rest / 2)) ones += rest % 2
  return 2 * size - ones
}
