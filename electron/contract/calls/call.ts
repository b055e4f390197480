import * as v from 'valibot'
import type { TeamChoice } from '../account.ts'

/** The side that implements a call: `engine` needs no Electron, `desktop` does. */
export type Answerer = 'engine' | 'desktop'

export interface Call<Who extends Answerer, Schema extends v.GenericSchema, Answer> {
  readonly who: Who
  readonly args: Schema
  /** Never set; it carries the type of the result. */
  readonly answer?: Answer
}

/** Declares one call: the type of its result, the side that implements it, and the schema of its argument. */
export function call<Answer>() {
  return <const Who extends Answerer, const Schema extends v.GenericSchema>(
    who: Who,
    args: Schema,
  ): Call<Who, Schema, Answer> => ({ who, args })
}

export const text = (maxLength: number) => v.pipe(v.string(), v.maxLength(maxLength))
export const nothing = v.undefined()
/** The longest id is that of a paired device's account, made of its server, user and team. */
export const id = v.pipe(text(400), v.minLength(1))
/** Only a bound against abuse: more rows than a queue can have in memory, all of which may be selected. */
export const maxItems = 1_000_000
export const ids = v.pipe(v.array(id), v.maxLength(maxItems))
export const teamChoice = v.strictObject({ accountId: id, teamId: id }) satisfies v.GenericSchema<TeamChoice>
export const path = text(32_768)
/** Filled in by the preload from `File` objects: the page cannot name a path. */
export const paths = v.pipe(v.array(path), v.maxLength(maxItems))
export const sha256 = v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))

/** Only bounds against abuse: the rules of the API are checked where a failure can explain them. */
export const target = { displayName: text(1_000), modelType: text(1_000), modelPath: text(4_000) }
export const targetChange = v.strictObject({
  displayName: v.exactOptional(target.displayName),
  modelType: v.exactOptional(target.modelType),
  modelPath: v.exactOptional(target.modelPath),
})
