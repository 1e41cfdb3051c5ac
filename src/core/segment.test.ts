import { expect, test } from 'vitest'
import { leavesOfShard, planSegments, shardLength } from './segment.ts'

test('[SEG2] 40,000,000 bytes at (2,8) are cut as in the worked example', () => {
  const plans = planSegments(40_000_000, 2, 16 * 1024 * 1024)
  expect(plans.map((plan) => plan.sealedLength)).toEqual([14_155_776, 13_631_488, 13_109_712])
  expect(plans.map((plan) => plan.firstRecord)).toEqual([0, 54, 106])
  expect(plans.map((plan) => plan.records)).toEqual([54, 52, 51])
  expect(plans.map((plan) => shardLength(plan.sealedLength, 2))).toEqual([7_077_888, 6_815_744, 6_554_856])
  expect(plans.map((plan) => leavesOfShard(plan.sealedLength, 2))).toEqual([108, 104, 101])
})
