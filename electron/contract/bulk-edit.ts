import { cleanLibraryPath, libraryPathProblem, pathKey } from './library-path.ts'
import type { Target } from './uploads.ts'

/** What stands for something of each file in a template: `{name}`, or `{n}` with as many digits as it has letters. */
export const templateFields = ['name', 'ext', 'type', 'base', 'folder', 'n'] as const
type TemplateField = (typeof templateFields)[number]

/** What shall become of many files at once. An empty text leaves that part as it is. */
export interface BulkChange {
  readonly modelType: string
  /** Library folder, such as `models/{type}/client`. */
  readonly folder: string
  /** File name in the library, such as `{base}-{name}.{ext}`. */
  readonly fileName: string
  readonly displayName: string
}

export const noBulkChange: BulkChange = { modelType: '', folder: '', fileName: '', displayName: '' }

/** What a template needs to know of a file. */
export interface BulkFile {
  readonly id: string
  readonly fileName: string
  readonly base: string | null
  readonly target: Target
  /** The team's key (`teamKey`): files of different teams never meet. */
  readonly teamKey: string
}

export type BulkProblem = 'field' | 'path' | 'name' | 'type' | 'meets'

export interface BulkOutcome {
  readonly id: string
  readonly before: Target
  readonly after: Target
  readonly isChanged: boolean
  /** Message key under `bulk-edit.problem-`, or null when all is well. */
  readonly problem: BulkProblem | null
}

/** openapi.yaml, DisplayName and ModelType. */
const longestName = 255
const longestType = 50

/**
 * What each file would become, in their order; `{n}` counts them from 1. `others` are the targets that are taken by files which
 * are not being changed. Two files under one path are both marked, since neither is more in the wrong.
 */
export function bulkOutcomes(
  files: readonly BulkFile[],
  change: BulkChange,
  others: readonly Pick<BulkFile, 'target' | 'teamKey'>[] = [],
): BulkOutcome[] {
  const after = files.map((file, index) => targetAfter(file, change, index + 1))
  const taken = new Map<string, number>()
  const place = (team: string, path: string) => `${team}\n${pathKey(path)}`
  const count = (key: string) => taken.set(key, (taken.get(key) ?? 0) + 1)
  for (const { teamKey, target } of others) count(place(teamKey, target.modelPath))
  files.forEach(({ teamKey }, index) => count(place(teamKey, after[index]?.modelPath ?? '')))
  const hasUnknownField = [change.folder, change.fileName, change.displayName].some(
    (template) => unknownFields(template).length > 0,
  )
  return files.map((file, index) => {
    const target = after[index] ?? file.target
    const meets = (taken.get(place(file.teamKey, target.modelPath)) ?? 0) > 1
    return {
      id: file.id,
      before: file.target,
      after: target,
      isChanged: !isSame(file.target, target),
      problem: hasUnknownField ? 'field' : (problemOf(target) ?? (meets ? 'meets' : null)),
    }
  })
}

/** A target with what a change made of it taken back, but for what has become something else since. */
export function takenBack(now: Target, { before, after }: Pick<BulkOutcome, 'before' | 'after'>): Target {
  const back = (part: keyof Target) => (now[part] === after[part] ? before[part] : now[part])
  return {
    displayName: back('displayName'),
    modelType: back('modelType'),
    modelPath: back('modelPath'),
  }
}

function isSame(one: Target, other: Target): boolean {
  return (
    one.displayName === other.displayName &&
    one.modelType === other.modelType &&
    one.modelPath === other.modelPath
  )
}

function problemOf({ displayName, modelType, modelPath }: Target): BulkProblem | null {
  if (modelType.trim() === '' || [...modelType].length > longestType) return 'type'
  if (displayName.trim() === '' || [...displayName].length > longestName) return 'name'
  return libraryPathProblem(modelPath) === null ? null : 'path'
}

/** Words in braces that mean nothing here: a person should hear of them before a path has them in it. */
export function unknownFields(template: string): string[] {
  const words = [...template.matchAll(/\{([^{}]*)\}/g)].map(([, word = '']) => word)
  return [...new Set(words.filter((word) => fieldOf(word) === null))]
}

function fieldOf(word: string): TemplateField | null {
  if (/^n{1,6}$/.test(word)) return 'n'
  return templateFields.find((field) => field === word) ?? null
}

function targetAfter(file: BulkFile, change: BulkChange, number: number): Target {
  const { target } = file
  const modelType = change.modelType.trim() || target.modelType
  const split = target.modelPath.lastIndexOf('/')
  const below = folderBelowType(target)
  const facts = { file, modelType, below, number }
  const keptFolder =
    modelType !== target.modelType && below !== null
      ? `models/${modelType}${below === '' ? '' : `/${below}`}`
      : target.modelPath.slice(0, Math.max(0, split))
  const folder = change.folder.trim() === '' ? keptFolder : tidy(fill(change.folder, facts, inPath))
  const name =
    change.fileName.trim() === '' ? target.modelPath.slice(split + 1) : fill(change.fileName, facts, inPath)
  return {
    displayName:
      change.displayName.trim() === '' ? target.displayName : fill(change.displayName, facts, asItIs).trim(),
    modelType,
    modelPath: folder === '' ? name.trim() : `${folder}/${name.trim()}`,
  }
}

/** The folders between a type's own folder and the file; null for a path that does not lie in its type's folder. */
function folderBelowType({ modelPath, modelType }: Target): string | null {
  const start = `models/${modelType}/`
  if (!modelPath.startsWith(start)) return null
  return modelPath.slice(start.length).split('/').slice(0, -1).join('/')
}

interface Facts {
  readonly file: BulkFile
  readonly modelType: string
  readonly below: string | null
  readonly number: number
}

function fill(template: string, facts: Facts, write: (value: string) => string): string {
  return template.replace(/\{([^{}]*)\}/g, (whole, word: string) => {
    const field = fieldOf(word)
    return field === null ? whole : write(valueOf(field, word, facts))
  })
}

function valueOf(field: TemplateField, word: string, { file, modelType, below, number }: Facts): string {
  const dot = file.fileName.lastIndexOf('.')
  switch (field) {
    case 'name':
      return dot > 0 ? file.fileName.slice(0, dot) : file.fileName
    case 'ext':
      return dot > 0 ? file.fileName.slice(dot + 1) : ''
    case 'type':
      return modelType
    case 'base':
      return file.base ?? ''
    case 'folder':
      return below ?? ''
    case 'n':
      return String(number).padStart(word.length, '0')
  }
}

const asItIs = (value: string) => value
/** What comes from a file is made fit for the server; what a person typed is theirs, and told when it can't be. */
const inPath = (value: string) => (value === '' ? '' : cleanLibraryPath(value))

/** A field that is empty for some file leaves no empty folder behind. A leading slash stays: it is the person's mistake to see. */
function tidy(folder: string): string {
  return folder
    .trim()
    .replace(/(?<=[^/])\/{2,}/g, '/')
    .replace(/(?<=[^/])\/+$/, '')
}
