import { useId, useState } from 'react'
import type { StatusWord } from '../../peer/index.ts'
import { CloseButton, Sheet } from '../parts/sheet.tsx'
import { Trouble } from '../parts/trouble.tsx'
import { useScreen, useShell } from '../shell.tsx'
import { sayError, type Sentences } from '../words/words.ts'
import { sayForgotten, sayLost, youWords } from '../words/you-words.ts'

/** Asks once more, then deletes every key and piece of this device and starts anew. */
export function ForgetDevice({ onClose }: { readonly onClose: () => void }) {
  const title = useId()
  const { model } = useShell()
  const { peer } = useScreen()
  const [isForgetting, setIsForgetting] = useState(false)
  const [failure, setFailure] = useState<Sentences>()
  const forget = async () => {
    setIsForgetting(true)
    try {
      await (await model.peer).forgetDevice()
      window.location.replace('/')
    } catch (error) {
      setFailure(sayError(error))
      setIsForgetting(false)
    }
  }
  const { files } = peer
  const here = files.filter(({ status, explanation }) => isHereOnly(status) && explanation.is !== 'elsewhere').length
  return (
    <Sheet kind="dialog" labelledBy={title} onClose={onClose}>
      <div className="close">
        <CloseButton onClose={onClose} />
      </div>
      <h2 id={title}>{youWords.isForgetting}</h2>
      <p>{sayForgotten(files.length)}</p>
      <p className="soft">{youWords.linksStay}</p>
      {here > 0 && <p className="loss">{sayLost(here)}</p>}
      {failure !== undefined && <Trouble sentences={failure} />}
      <div className="actions">
        <button type="button" className="button danger" disabled={isForgetting} onClick={() => void forget()}>
          {isForgetting ? youWords.forgetting : youWords.forgetAll}
        </button>
        <button type="button" className="button" disabled={isForgetting} onClick={onClose}>
          {youWords.keepIt}
        </button>
      </div>
    </Sheet>
  )
}

function isHereOnly(status: StatusWord): boolean {
  return status === 'On this device only' || status === 'Storing'
}
