import ArrowUpCircle from '@lucide/svelte/icons/circle-arrow-up'
import FileClock from '@lucide/svelte/icons/file-clock'
import KeyRound from '@lucide/svelte/icons/key-round'
import LockKeyhole from '@lucide/svelte/icons/lock-keyhole'
import LogIn from '@lucide/svelte/icons/log-in'
import Moon from '@lucide/svelte/icons/moon'
import Tag from '@lucide/svelte/icons/tag'
import TriangleAlert from '@lucide/svelte/icons/triangle-alert'
import Workflow from '@lucide/svelte/icons/workflow'
import type { Component } from 'svelte'
import { joinSentences } from '../../electron/messages/messages.ts'
import { visibleText } from '../ui/format.ts'
import type { AppState } from './app-state.svelte.ts'

/** A message above a view. */
export interface Message {
  readonly icon: Component
  /** An offer; otherwise something waits or is missing. */
  readonly isOffer?: true
  readonly text: string
  readonly tooltip?: string
  readonly hasTeamButton?: true
  readonly actions: readonly MessageAction[]
}

export interface MessageAction {
  readonly text: string
  readonly onclick: () => void
  /** Asked in a dialog before the action. */
  readonly question?: { readonly title: string; readonly note: string; readonly confirm: string }
}

type Place = 'sign-in' | 'uploads' | 'other'

/** All messages in the order of their importance, with the places that show them. */
const messages: readonly {
  readonly places: readonly Place[]
  readonly find: (app: AppState) => Message | null
}[] = [
  { places: ['uploads', 'other'], find: actionWhenDone },
  { places: ['sign-in', 'uploads', 'other'], find: waitingFiles },
  { places: ['uploads', 'other'], find: signedOut },
  { places: ['uploads'], find: sealedUploads },
  { places: ['uploads'], find: damagedQueue },
  { places: ['uploads'], find: incompleteQueue },
  { places: ['uploads'], find: typeOffer },
  { places: ['uploads', 'other'], find: update },
  { places: ['uploads'], find: openWorkflow },
  // It can't be closed, so it must not hide others.
  { places: ['uploads'], find: keychain },
]

/** The most important message for this place, or null. */
export function currentMessage(app: AppState, place: Place): Message | null {
  for (const { places, find } of messages) {
    const message = places.includes(place) ? find(app) : null
    if (message) return message
  }
  return null
}

function actionWhenDone({ bridge, conditions, language }: AppState): Message | null {
  const { value } = conditions
  const text = value && language.endingText(value)
  if (!value || !text || value.whenDone === 'nothing') return null
  const callOff = language.t(`done.call-off-${value.whenDone}`)
  return {
    icon: Moon,
    text,
    actions: [{ text: callOff, onclick: () => void bridge.setWhenDone({ whenDone: 'nothing' }) }],
  }
}

function waitingFiles(app: AppState): Message | null {
  const { session, language, waitingFiles: files } = app
  const { t } = language
  const { count, hasFolders, names, failure } = files.view
  if (count === 0) return null
  const isSignedOut = session.ready.length === 0
  const what = t(isSignedOut ? 'waiting.for-sign-in' : 'waiting.for-team', {
    count,
    hasFolders: hasFolders ? 'yes' : 'no',
  })
  const next = failure
    ? language.failureText(failure)
    : t(isSignedOut ? 'waiting.continues' : 'waiting.choose-team')
  return {
    icon: FileClock,
    text: joinSentences([what, next], t),
    tooltip: names.map(visibleText).join('\n'),
    hasTeamButton: true,
    actions: [
      ...(failure && session.team
        ? [{ text: t('remedy.retry'), onclick: () => void app.bridge.retryWaitingFiles() }]
        : []),
      { text: t('waiting.discard'), onclick: () => void files.discard() },
    ],
  }
}

function signedOut({ actions, session, language: { t } }: AppState): Message | null {
  const [account] = session.signedOut
  if (!account) return null
  return {
    icon: LogIn,
    text: t('session.signed-out', { account: session.accountName(account.id) }),
    actions: [{ text: t('remedy.sign-in'), onclick: () => void actions.signInAgain(account) }],
  }
}

function sealedUploads(app: AppState): Message | null {
  const { session, language } = app
  const { t } = language
  const problem = session.view?.sealed
  if (!problem) return null
  const canDiscard = problem.code === 'sealed-key-missing' || problem.code === 'sealed-damaged'
  const discard: MessageAction = {
    text: t('sealed.discard'),
    onclick: () => void discardSealed(app),
    question: {
      title: t('sealed.discard-question'),
      note: t('sealed.discard-note'),
      confirm: t('waiting.discard'),
    },
  }
  return { icon: LockKeyhole, text: language.failureText(problem), actions: canDiscard ? [discard] : [] }
}

async function discardSealed({ bridge, session }: AppState): Promise<void> {
  const discarded = await bridge.discardSealed()
  if (discarded.ok) session.receive(discarded.value)
}

function damagedQueue({ queue, language: { t } }: AppState): Message | null {
  const { journalSetAside: file } = queue
  if (file === null) return null
  const close = { text: t('notice.close'), onclick: () => void (queue.journalSetAside = null) }
  return { icon: TriangleAlert, text: t('failure.journal-damaged', { file }), actions: [close] }
}

function incompleteQueue({ queue, language: { t } }: AppState): Message | null {
  if (!queue.isIncomplete || queue.isIncompleteNoticeClosed) return null
  const close = { text: t('notice.close'), onclick: () => void (queue.isIncompleteNoticeClosed = true) }
  return { icon: TriangleAlert, text: t('failure.queue-incomplete'), actions: [close] }
}

function typeOffer({ queue, actions, bridge, language: { t } }: AppState): Message | null {
  const [offer] = queue.offeredTypes
  if (!offer) return null
  const { type, ids } = offer
  return {
    icon: Tag,
    isOffer: true,
    text: t('type-offer.text', { type, count: ids.length }),
    actions: [
      { text: t('type-offer.take'), onclick: () => void actions.takeOfferedType(ids) },
      { text: t('type-offer.decline'), onclick: () => void bridge.declineType({ ids }) },
    ],
  }
}

function update({ updates, queue, session, language }: AppState): Message | null {
  const { t } = language
  const { note } = updates
  if (!note) return null
  const endsSignIn = (session.view?.keychain ?? 'ok') !== 'ok'
  const running = queue.totals.running > 0 ? 'ready-sending' : 'ready'
  const key = note.kind === 'ready' && endsSignIn ? 'ready-signed-in' : running
  const install = { text: t('update.restart'), onclick: () => void updates.install() }
  const download = { text: t('update.get'), onclick: () => void updates.download() }
  const later = { text: t('update.later'), onclick: () => updates.putOff() }
  const byKind = { found: [download, later], ready: [install, later], installing: [], failed: [later] }
  return {
    icon: ArrowUpCircle,
    isOffer: true,
    text:
      note.kind === 'failed'
        ? language.failureText(note.failure)
        : t(`update.${note.kind === 'ready' ? key : note.kind}`, { version: note.version }),
    actions: byKind[note.kind],
  }
}

function openWorkflow({ workflow, language: { t } }: AppState): Message | null {
  const { view, missingCount: count } = workflow
  if (!view) return null
  const isUncertain = count > 0 && workflow.isLibraryUnknown
  const file = view.fileName
  return {
    icon: Workflow,
    isOffer: true,
    text: isUncertain ? t('workflow.title', { file }) : t('workflow.bar', { file, count }),
    tooltip: visibleText(file),
    actions: [
      { text: t('workflow.show'), onclick: workflow.show },
      { text: t('workflow.close'), onclick: () => workflow.close() },
    ],
  }
}

function keychain({ bridge, notices, session, ui, language: { t } }: AppState): Message | null {
  const state = session.view?.keychain ?? 'ok'
  if (state === 'ok' || !ui.isSessionOnlyAccepted) return null
  const recheck = async () => {
    const checked = await bridge.recheckKeychain()
    if (!checked.ok) notices.failure(checked.failure)
  }
  return {
    icon: KeyRound,
    text: t(`failure.keychain-${state}`),
    actions: [{ text: t('remedy.check'), onclick: () => void recheck() }],
  }
}
