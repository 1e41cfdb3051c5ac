import { createLyingShardStore, lies } from '../src/adapters/memory/lying-shard-store.ts'
import { runHolder } from '../src/holder/run-holder.ts'

/**
 * A holder program that lies: its first arguments are the lie, its seed and the number of true answers before it; the others are a
 * holder's.
 */
const [kind, seed = '', after = '', ...args] = process.argv.slice(2)
const lie = lies.find((each) => each === kind)
if (lie === undefined || seed === '' || !/^\d{1,9}$/.test(after)) throw new Error(`LIE SEED AFTER ..., LIE one of ${lies.join(', ')}`)
await runHolder(args, (shards) => createLyingShardStore(shards, seed, lie, Number(after)))
