import type { Message } from '../message.ts'

/** What the library has already, and what to do where an upload meets it. */
export const libraryMessages = {
  'remedy.choose': ['Choose…', '选择…', '選擇…'],
} as const satisfies Record<string, Message>
