import { describe, expect, it } from 'vitest'
import { readLink } from '../../core/link-text.ts'
import texts from '../../core/vectors/link-text.json'
import { sayLinkError } from './link-words.ts'

describe('words of a link that opens nothing', () => {
  it.each(texts.malformed)('[LNK7] say what is wrong with $name, and never that a newer version is needed', ({ text, reason }) => {
    let said
    try {
      readLink(text)
    } catch (error) {
      said = sayLinkError(error)
    }
    expect(said?.what).toBe('This link is not complete.')
    expect(said?.means).toMatch({ 'no key': /is missing/, cut: /cut off/, changed: /changed/ }[reason] ?? /never/)
    expect(JSON.stringify(said)).not.toMatch(/newer|reload/i)
  })
})
