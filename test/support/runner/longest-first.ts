import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Test files of half a minute whose code is short or in other files. */
const longFiles = /\/faults\/(?:kills\/|random-faults|replacing|processes)|\/cli\/interrupted-logout/

/**
 * Starts long files first, so that no worker runs one alone at the end. Without results of an earlier run, as in
 * a new checkout, Vitest takes the size of a file for its duration.
 */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    if (sorted.every((file) => this.ctx.cache.getTestSpecificationResult(file))) return sorted
    const isLong = ({ moduleId }: TestSpecification) => longFiles.test(moduleId)
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}
