import * as v from 'valibot'
import type { TeamChoice } from './account.ts'

/** Who answers: `engine` is the uploader, `desktop` is what only the shell can do. */
export type Answerer = 'engine' | 'desktop'

export interface Call<Who extends Answerer, Schema extends v.GenericSchema, Answer> {
  readonly who: Who
  readonly args: Schema
  /** Only for the compiler: what the call answers. */
  readonly answer?: Answer
}

/** Notes one call of the contract: who answers, what it takes, and (for the compiler) what it answers. */
export function call<Answer>() {
  return <const Who extends Answerer, const Schema extends v.GenericSchema>(
    who: Who,
    args: Schema,
  ): Call<Who, Schema, Answer> => ({ who, args })
}

export const nothing = v.undefined()
/** A device's account is named by host, person and team together. */
export const id = v.pipe(v.string(), v.minLength(1), v.maxLength(400))
export const ids = v.pipe(v.array(id), v.maxLength(100_000))
export const teamChoice = v.strictObject({ accountId: id, teamId: id }) satisfies v.GenericSchema<TeamChoice>
/** Filled in by the preload from `File` objects: the page cannot name a path. */
export const paths = v.pipe(v.array(v.pipe(v.string(), v.maxLength(32_768))), v.maxLength(100_000))

export type CallTable = Readonly<Record<string, Call<Answerer, v.GenericSchema, unknown>>>
