import { Suspense, useEffect, type ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { isFilesPath } from '../open-folder.ts'
import { useScreen, useShell } from '../shell.tsx'
import * as shellWords from '../words/shell-words.ts'
import { Icon, type IconName } from './icon.tsx'
import { Mark } from './mark.tsx'
import { ElsewhereLine, StatusLine } from './status-line.tsx'
import { Toaster } from './toaster.tsx'
import { Trouble } from './trouble.tsx'

interface Properties {
  readonly title: string
  /** 'unseen' keeps the title for screen readers only, when the screen has a bigger one of its own. */
  readonly titleIs?: 'shown' | 'unseen'
  readonly tools?: ReactNode
  readonly children?: ReactNode
}

/** One screen: rail or tabs, title with the status line, content, transfers. */
export function Page({ title, titleIs = 'shown', tools, children }: Properties) {
  const { stage, trouble, rescue, missing } = useScreen()
  const { Missing, RescueChoices, TransfersTray } = useShell().onEveryScreen
  useEffect(() => {
    document.title = shellWords.sayTitle(title)
  }, [title])
  return (
    <div className="app">
      <header className="rail">
        <Link className="brand" href="/files" aria-label={shellWords.app}>
          <Mark />
          <span>{shellWords.app}</span>
        </Link>
        <nav className="nav" aria-label={shellWords.main}>
          <Tab to="/files" icon="files" name={shellWords.files} />
          <Tab to="/give" icon="give" name={shellWords.give} />
          <Tab to="/people" icon="people" name={shellWords.people} />
          <Tab to="/you" icon="you" name={shellWords.you} />
        </nav>
        <p className="rail-foot">{shellWords.keepOpen}</p>
      </header>
      <main className="page">
        <div className="top">
          <h1 className={titleIs === 'unseen' ? 'unseen' : undefined}>{title}</h1>
          {titleIs === 'unseen' && <span className="gap" />}
          {tools}
          <StatusLine />
        </div>
        <ElsewhereLine />
        {rescue === undefined ? (
          stage === 'failed' && trouble !== undefined && <Trouble sentences={trouble} />
        ) : (
          <Suspense>
            <RescueChoices rescue={rescue} />
          </Suspense>
        )}
        {missing.length > 0 && (
          <Suspense>
            <Missing />
          </Suspense>
        )}
        {children}
        <div className="dock">
          <Toaster />
          <Suspense>
            <TransfersTray />
          </Suspense>
        </div>
      </main>
    </div>
  )
}

function Tab({ to, icon, name }: { readonly to: string; readonly icon: IconName; readonly name: string }) {
  const [path] = useLocation()
  const isHere = path === to || (to === '/files' && isFilesPath(path))
  return (
    <Link href={to} aria-current={isHere ? 'page' : undefined}>
      <Icon name={icon} />
      <span>{name}</span>
    </Link>
  )
}
