import { beforeAll, describe, expect, it } from 'vitest'
import { HoardError, type ErrorCode } from '../../core/errors.ts'
import type { FileView, MeterView } from '../../peer/index.ts'
import { sayKeptUntil } from './file-words.ts'
import { sayCounted } from './give-words.ts'
import { sayMeter } from './parts-words.ts'
import { sayPeople } from './people-words.ts'
import { sayExplanation, sayRow } from './row-words.ts'
import { loadWordsOfTrouble, sayConnection, sayError, sayPrice, sayTrouble } from './words.ts'
import { sayFiles } from './list-words.ts'

const meter: MeterView = { value: 13, max: 15, needed: 3, pieces: [...Array<'kept'>(13).fill('kept'), 'away', 'away'] }
const none: MeterView = { value: 0, max: 8, needed: 2, pieces: [] }

beforeAll(loadWordsOfTrouble)

describe('words', () => {
  it('says what happened, what it means and what to do for a failure that a worker has robbed of its class', () => {
    const { code, facts } = new HoardError('link-expired')
    const said = sayError({ code, facts })
    expect(said).toEqual(sayTrouble({ code: 'link-expired', facts: {} }))
    for (const sentence of Object.values(said)) expect(sentence).toMatch(/^[A-Z].*\.$/)
  })

  it('has own sentences for every refusal', () => {
    const refusals = ['FULL', 'QUOTA', 'BUSY', 'RATE', 'UNKNOWN', 'EXPIRED', 'BAD-SIGNATURE', 'BAD-REQUEST']
    const said = refusals.map((refusal) => sayTrouble({ code: 'holder-refused', facts: { refusal } }).what)
    expect(new Set(said).size).toBe(refusals.length)
  })

  it('falls back to the general words for a refusal that a hostile holder invented', () => {
    const plain = sayTrouble({ code: 'holder-refused', facts: {} })
    expect(sayTrouble({ code: 'holder-refused', facts: { refusal: 'constructor' } })).toEqual(plain)
    expect(sayTrouble({ code: 'holder-refused', facts: { refusal: 7 } })).toEqual(plain)
  })

  it('has words for a failure that nobody foresaw', () => {
    expect(sayError(new TypeError('x')).what).toMatch(/This page failed/)
    expect(sayError(undefined).then).toMatch(/Try again/)
  })

  it('never blames or jokes', () => {
    const codes: ErrorCode[] = [
      'too-few-shards',
      'link-malformed',
      'file-changed',
      'storage-full',
      'peer-unreachable',
      'worker-died',
      'relay-unreachable',
    ]
    const text = codes.flatMap((code) => Object.values(sayTrouble({ code, facts: {} }))).join(' ')
    expect(text).not.toMatch(/oops|sorry|shard|segment|node|DHT/i)
  })

  it('keeps the status line to its three forms', () => {
    expect(sayConnection({ is: 'connected', people: 34 })).toBe('Connected, 34 people')
    expect(sayConnection({ is: 'connected', people: 1 })).toBe('Connected, 1 people')
    expect(sayConnection({ is: 'looking', people: 0 })).toBe('Looking for people')
    expect(sayConnection({ is: 'offline', people: 0 })).toBe('Offline')
  })

  it('says a meter in numbers', () => {
    expect(sayMeter({ ...meter, value: 6, max: 8, needed: 2 })).toBe('6 of 8 pieces, 2 needed')
    expect(sayMeter({ value: 0, max: 0, needed: 0, pieces: [] })).toBe('No pieces yet')
  })

  it('explains a status in the words of the design', () => {
    expect(sayExplanation({ is: 'placing', placed: 5, of: 8, wanted: 3 }, meter)).toBe('5 of 8 pieces placed, looking for 3 more people')
    expect(sayExplanation({ is: 'placing', placed: 7, of: 8, wanted: 1 }, meter)).toBe('7 of 8 pieces placed, looking for 1 more person')
    const away = { name: 'Brea', others: 0, since: Date.UTC(2026, 10, 26, 12) }
    const since = 'away since 26\u00a0Nov'
    expect(sayExplanation({ is: 'short', known: 5, of: 8, away }, meter)).toContain(`5 of 8 pieces left. Brea ${since}`)
    expect(sayExplanation({ is: 'gone', known: 1, needed: 2, away: { ...away, others: 1 } }, meter)).toContain(
      `1 piece left, 2 needed. Brea and 1 other ${since}`,
    )
    expect(sayExplanation({ is: 'waiting', reachable: 1, needed: 2, away: { ...away, others: 6 } }, meter)).toContain(
      `1 piece in reach, 2 needed. Brea and 6 others ${since}`,
    )
    expect(sayExplanation({ is: 'waiting', reachable: 0, needed: 2 }, meter)).toMatch(/Continues when people return$/)
    expect(sayExplanation({ is: 'placing', placed: 5, of: 8, wanted: 3, away }, meter)).toContain(`3 more people. Brea ${since}`)
    expect(sayExplanation({ is: 'restoring', known: 5, of: 8 }, meter)).toBe('5 of 8 pieces, the lost ones are being made anew')
    expect(sayExplanation({ is: 'spreading', percent: 40 }, meter)).toBe('Being spread wider: 40 %')
    expect(sayExplanation({ is: 'unsought' }, none)).toBe('Looking for the people who keep it')
    expect(sayExplanation({ is: 'elsewhere' }, none)).toBe('On another device, not yet with people')
    expect(sayExplanation({ is: 'elsewhere', device: 'Brea' }, none)).toBe('On Brea, not yet with people')
    expect(sayExplanation({ is: 'drop-again', percent: 62 }, none)).toBe('Drop it again, 62 % is safe')
    expect(sayExplanation({ is: 'keep-open' }, none)).toBe('Keep this page open')
    expect(sayExplanation({ is: 'placed', placed: 13, of: 15 }, meter)).toBe('13 of 15 pieces, 2 away')
    expect(sayExplanation({ is: 'none' }, meter)).toBe('13 of 15 pieces, 2 away')
    expect(sayExplanation({ is: 'queued', people: 1, peopleNeeded: 3 }, none)).toBe('1 person here, 3 needed. Uploads automatically')
  })

  it('[ADM9] says that those who could take pieces are busy repairing', () => {
    expect(sayExplanation({ is: 'placing', placed: 3, of: 8, wanted: 5, isBusy: true }, none)).toBe(
      '3 of 8 pieces placed, looking for 5 more people. People are busy repairing',
    )
  })

  it('[HTH9] says why people are not relied upon, and what helps where they cannot keep a file', () => {
    const said = (steadiness: 'unknown' | 'low' | 'too low') => sayExplanation({ is: 'unsteady', steadiness }, meter)
    expect(said('unknown')).toBe('13 of 15 pieces, 2 away. Not known yet how often these people are here')
    expect(said('low')).toBe('13 of 15 pieces, 2 away. Too few of these people are here often enough')
    expect(said('too low')).toMatch(/not here often enough to keep it: keep this page pinned, or run a holder at home$/)
  })

  it('[POL10] says that a copy stays', () => {
    const { what, means } = sayError(
      new HoardError('too-few-shards', { object: 'copy', name: 'a', here: 8, needed: 6, steadiness: 'unknown' }),
    )
    expect([what, means]).toEqual(['The copy stays on this device.', 'Too few of those who keep the pieces are here now, or often enough.'])
  })

  it('[PRS7] counts people, and those who are steady', () => {
    expect(sayPeople([{ isSteady: true }, { isSteady: false }, { isSteady: true }])).toBe('3 people, 2 steady')
    expect(sayPeople([{ isSteady: false }])).toBe('1 person, 0 steady')
  })

  it('says that a row is paused instead of what it would do', () => {
    const row = { isPaused: true, meter: none, explanation: { is: 'queued', people: 0, peopleNeeded: 3 } } as FileView
    expect(sayRow(row)).toBe('Paused, nothing placed yet')
    expect(sayRow({ ...row, meter })).toBe('Paused, 13 of 15 pieces placed')
  })

  it('names the price before anything starts, and none before it is known', () => {
    expect(sayPrice({ factor: 4, k: 2, n: 8 })).toBe('Uploading takes about 4x the file’s size')
    expect(sayPrice({ factor: 0, k: 0, n: 0 })).toBe('')
  })

  it('sums all files up in one line', () => {
    expect(sayFiles(['Strong', 'Protected', 'Fragile'], '9.6 GB')).toBe('3 files, 9.6 GB. 3 stored, 1 fragile: keep your originals.')
    expect(sayFiles(['Strong', 'Protected'], '9.6 GB')).toBe('2 files, 9.6 GB. 2 stored.')
    expect(sayFiles(['Fragile', 'Fragile', 'Storing'], '9 MB')).toBe(
      '3 files, 9 MB. 2 stored, fragile: keep your originals. 1 is uploading.',
    )
    expect(sayFiles(['Storing'], '1 MB')).toBe('1 file, 1 MB. 1 is uploading.')
  })

  it('says that a file is over, and what becomes of it', () => {
    const until = new Date(2027, 4, 3).getTime()
    expect(sayExplanation({ is: 'over', until, hasCopy: false }, none)).toMatch(
      /^Kept until .*May.*, now over\. People who still have pieces are asked again$/,
    )
    expect(sayExplanation({ is: 'over', until, hasCopy: true }, none)).toMatch(/Stored again from here when people are here$/)
  })

  it('says how much of an offer counts, and what more would take', () => {
    expect(sayCounted(13_107_200_000, 100e9)).toBe(
      '13 GB of this counts: what this device can send again within five days at 33\u00a0KB/s, if pieces are lost. All of it would take 250\u00a0KB/s.',
    )
  })

  it('says until when people are asked, and what to do once that is over', () => {
    const until = new Date(2027, 10, 29).getTime()
    expect(sayKeptUntil(until, until - 1)).toBe(
      'People are asked to keep it until 29 November 2027. Whenever this page is open, it renews that.',
    )
    expect(sayKeptUntil(until, until)).toBe(
      'People were asked to keep it until 29 November 2027. Keep this page open, so that they can be asked again.',
    )
  })
})
