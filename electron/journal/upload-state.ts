import type { Phase } from '../contract/uploads.ts'

/** What can happen to an upload. */
export type UploadEvent =
  | 'begin'
  | 'send'
  | 'finish'
  | 'register'
  | 'registered'
  /** The library has its bytes already. */
  | 'found'
  | 'trouble'
  | 'refuse'
  | 'pause'
  | 'resume'
  | 'requeue'

type Transitions = Readonly<Record<Phase, Partial<Readonly<Record<UploadEvent, Phase>>>>>

/** What may happen to every upload that runs. */
const running = { trouble: 'retrying', refuse: 'failed', pause: 'paused', requeue: 'waiting' } as const

/**
 * The one table of an upload's life. An event that has no entry cannot happen in that phase: asking for it is a bug, and
 * `nextPhase` answers null. `begin` may lead straight to registering, when storage has the bytes from an earlier run.
 */
const transitions: Transitions = {
  waiting: { begin: 'checking', pause: 'paused', refuse: 'failed' },
  retrying: { begin: 'checking', pause: 'paused', refuse: 'failed', requeue: 'waiting', resume: 'waiting' },
  checking: { ...running, send: 'sending', register: 'registering', found: 'registered' },
  sending: { ...running, finish: 'finishing' },
  finishing: { ...running, register: 'registering', send: 'sending' },
  registering: { ...running, registered: 'registered' },
  paused: { resume: 'waiting', refuse: 'failed' },
  failed: { resume: 'waiting' },
  registered: {},
}

/** Where an event leads, or null when it cannot happen there. */
export function nextPhase(phase: Phase, event: UploadEvent): Phase | null {
  return transitions[phase][event] ?? null
}

/** Phases in which work is under way. */
export function isRunning(phase: Phase): boolean {
  return phase === 'checking' || phase === 'sending' || phase === 'finishing' || phase === 'registering'
}

/** The phases that the journal keeps: whatever else is going on starts again as waiting. */
export type StoredPhase = 'waiting' | 'paused' | 'failed' | 'registered'

export function storedPhase(phase: Phase): StoredPhase {
  return phase === 'paused' || phase === 'failed' || phase === 'registered' ? phase : 'waiting'
}
