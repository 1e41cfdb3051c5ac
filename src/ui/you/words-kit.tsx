import { useScreen, useShell } from '../shell.tsx'
import { backUpWords, sayMadeOn } from '../words/back-up-words.ts'
import { youWords } from '../words/you-words.ts'

/** The page that Print makes: the words, when it was printed, the relays, and how to restore. Unseen on the screen. */
export function WordsKit({ words }: { readonly words: string }) {
  const { clock } = useShell()
  const { peer } = useScreen()
  return (
    <div className="kit" aria-hidden="true">
      <h1>{youWords.fileTitle}</h1>
      <p>{sayMadeOn(clock.now(), window.location.origin)}</p>
      <ol>
        {words.split(' ').map((word, at) => (
          // a word may come twice, so its place is its key
          // oxlint-disable-next-line react/no-array-index-key
          <li key={at}>{word}</li>
        ))}
      </ol>
      <p>{youWords.inFile}</p>
      <h2>{backUpWords.howToRestore}</h2>
      <p>{backUpWords.restoreSteps}</p>
      {peer.relays.length > 0 && <h2>{backUpWords.relays}</h2>}
      <ul>
        {peer.relays.map(({ address }) => (
          <li key={address}>{address}</li>
        ))}
      </ul>
    </div>
  )
}

/** Returns the same as a text file. */
export function kitText(words: string, relays: readonly string[], now: number): string {
  const { howToRestore, restoreSteps } = backUpWords
  const meet = relays.length === 0 ? [] : ['', backUpWords.relays, ...relays]
  const made = sayMadeOn(now, window.location.origin)
  return [youWords.fileTitle, made, '', words, '', youWords.inFile, '', howToRestore, restoreSteps, ...meet, ''].join('\n')
}
