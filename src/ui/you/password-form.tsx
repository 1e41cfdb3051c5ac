import { useShell } from '../shell.tsx'
import { backUpWords } from '../words/back-up-words.ts'

/** A form that password managers save: they offer to when it is sent and goes from the page. Nothing leaves this browser. */
export function PasswordForm({ words, onSent }: { readonly words: string; readonly onSent: () => void }) {
  const { notices } = useShell()
  return (
    <form
      className="keeper"
      method="post"
      aria-label={backUpWords.manager}
      onSubmit={(event) => {
        event.preventDefault()
        notices.show({ what: backUpWords.letItSave, more: backUpWords.noOffer, isUrgent: false }, { forMs: 10_000 })
        onSent()
      }}
    >
      <p className="soft small">{backUpWords.managerSaves}</p>
      <div className="two-fields">
        <label>
          <span className="soft small">{backUpWords.userName}</span>
          <input className="field" type="text" name="username" autoComplete="username" readOnly value={backUpWords.user} />
        </label>
        <label>
          <span className="soft small">{backUpWords.password}</span>
          {/* a manager passes over a password that cannot be edited */}
          <input className="field" type="password" name="password" autoComplete="new-password" value={words} onChange={() => undefined} />
        </label>
      </div>
      <button type="submit" className="button">
        {backUpWords.saveInManager}
      </button>
    </form>
  )
}
