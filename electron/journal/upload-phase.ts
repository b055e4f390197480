import type { Phase } from '../contract/uploads.ts'

/** What can happen to an upload. */
export type UploadEvent =
  | 'approve'
  /** A refused file has changed and is reviewed, or an approval is undone. */
  | 'review'
  | 'begin'
  | 'send'
  | 'finish'
  | 'register'
  | 'registered'
  /** The library already has the bytes. */
  | 'found'
  | 'trouble'
  | 'refuse'
  | 'pause'
  | 'resume'
  | 'requeue'

type Transitions = Readonly<Record<Phase, Partial<Readonly<Record<UploadEvent, Phase>>>>>

/** Transitions of every running phase. */
const running = { trouble: 'retrying', refuse: 'failed', pause: 'paused', requeue: 'waiting' } as const

/**
 * The phases of an upload and the events that change them. An event without an entry can't happen in that
 * phase. `checking` may be followed by `registering` if an earlier run has stored the bytes.
 */
const transitions: Transitions = {
  review: { approve: 'waiting', refuse: 'failed' },
  waiting: { begin: 'checking', pause: 'paused', refuse: 'failed', review: 'review' },
  retrying: {
    begin: 'checking',
    pause: 'paused',
    refuse: 'failed',
    requeue: 'waiting',
    resume: 'waiting',
    review: 'review',
  },
  checking: { ...running, send: 'sending', register: 'registering', found: 'registered' },
  sending: { ...running, finish: 'finishing' },
  finishing: { ...running, register: 'registering', send: 'sending' },
  registering: { ...running, registered: 'registered' },
  paused: { resume: 'waiting', refuse: 'failed', review: 'review' },
  failed: { resume: 'waiting', review: 'review' },
  registered: {},
}

/** The phase after an event. An event that can't happen in this phase is a bug and throws. */
export function phaseAfter(phase: Phase, event: UploadEvent): Phase {
  const next = transitions[phase][event]
  if (next === undefined) throw new Error(`${event} cannot happen to an upload that is ${phase}`)
  return next
}

export function isRunning(phase: Phase): boolean {
  return phase === 'checking' || phase === 'sending' || phase === 'finishing' || phase === 'registering'
}

/** The phases that the journal stores: all others become `waiting` at the next start. */
export type StoredPhase = 'review' | 'waiting' | 'paused' | 'failed' | 'registered'

export function storedPhase(phase: Phase): StoredPhase {
  switch (phase) {
    case 'review':
    case 'paused':
    case 'failed':
    case 'registered':
      return phase
    default:
      return 'waiting'
  }
}
