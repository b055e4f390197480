import type { ModelFacts, PrivateContent } from '../../contract/recognition.ts'
import { formatBytes } from '../../messages/format-size.ts'
import type { MessageKey } from '../../messages/messages.ts'
import { t } from './output.ts'

/** The case of `model.private` for what a header holds. */
const privateCases: Readonly<Record<PrivateContent, string>> = {
  prompt: 'prompt',
  workflow: 'workflow',
  'local-paths': 'paths',
  'training-texts': 'training',
}

/** A description may have a page; the rest of it is for the app. */
const longestFact = 300

/** What a file says of itself, one fact a line and the words of the details pane; what it doesn't say has none. */
export function factLines(facts: ModelFacts): readonly string[] {
  const { dtypes, imports, parameterCount, privateContent } = facts
  const odd = imports.filter(({ level }) => level !== 'innocuous')
  const told: readonly (readonly [MessageKey, string | null])[] = [
    ['model.imports', odd.map(({ name, level }) => `${name} (${t('pickle.level', { level })})`).join(', ')],
    ['model.licence', facts.licence],
    ['model.title', facts.title],
    ['model.author', facts.author],
    ['model.trigger-words', facts.triggerWords.join(', ')],
    ['model.training-base', facts.trainingBase],
    ['model.resolution', facts.resolution],
    ['model.usage', facts.usageHint],
    ['model.prediction', facts.predictionType],
    ['model.quantisation', facts.quantisation],
    ['model.parameters', parameterCount === null ? null : parameterCount.toLocaleString('en')],
    [
      'model.dtypes',
      dtypes.map(({ dtype, sizeBytes }) => `${dtype} ${formatBytes(sizeBytes, 'en')}`).join(', '),
    ],
    ['model.inputs', facts.inputs.join(', ')],
    ['model.producer', facts.producer],
    ['model.date', facts.date],
    ['model.description', facts.description],
    ['model.sidecars', facts.sidecars.join(', ')],
  ]
  return [
    ...privateContent.map((what) => t('model.private', { what: privateCases[what] })),
    ...told.flatMap(([key, value]) => (value ? [`${t(key)}: ${cut(value)}`] : [])),
  ]
}

const cut = (text: string) => (text.length > longestFact ? `${text.slice(0, longestFact)}…` : text)

/** The same for scripts, whole; `null` and empty lists for what it doesn't say. */
export function factsAsJson(facts: ModelFacts): object {
  const { privateContent, ...rest } = facts
  return { ...rest, private: privateContent }
}
