import { offerCeph } from '../cloud/start-storage.ts'

/** One Ceph for the whole run, started when the first test asks for it; what is missing for it fails that test. */
export const setup = offerCeph
