/** Milliseconds of one round for the same shards in each way of writing. */
export interface SlabSample {
  readonly slab: number
  readonly filePerShard: number
  readonly append: number
  readonly wrappedAppend: number
  readonly wrap: number
  readonly sums: number
}
