import { offerCeph } from '../../cloud/start-storage.ts'

/** One Ceph for the whole run, started on first use; missing requirements fail the test that uses it. */
export const setup = offerCeph
