import { join } from 'node:path'

export type ClusterPlan = {
  readonly folder: string
  readonly fsid: string
  readonly monitorPort: number
  readonly gatewayPort: number
  /** Folder of Ceph's object classes on Debian; depends on the processor. */
  readonly classFolder: string
}

// The file is sparse, so it only uses the space of the stored data.
const BLOCK_BYTES = 64 * 1024 ** 3

/**
 * A cluster of one monitor, one disk in a file and one gateway, on loopback. Its own daemons need no
 * authentication because they are only reachable locally; the gateway still checks S3 signatures.
 */
export function cephConf(plan: ClusterPlan): string {
  const { folder, fsid, monitorPort, gatewayPort, classFolder } = plan
  return `[global]
fsid = ${fsid}
mon host = v2:127.0.0.1:${monitorPort}
mon initial members = a
public network = 127.0.0.0/8
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv4 = true
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc
auth allow insecure global id reclaim = true
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
osd crush update on start = false
osd max object name len = 2048
mon allow pool size one = true
mon warn on pool no redundancy = false
mon data avail warn = 1
mon data avail crit = 0
mon max pg per osd = 2000
run dir = ${join(folder, 'run')}
admin socket = ${join(folder, 'run', '$name.asok')}
log file = ${join(folder, 'log', '$name.log')}
pid file =

[mon.a]
mon data = ${join(folder, 'mon')}
public addr = v2:127.0.0.1:${monitorPort}

[osd.0]
osd data = ${join(folder, 'osd')}
osd objectstore = bluestore
osd class dir = ${classFolder}
bluestore block size = ${BLOCK_BYTES}

[client.rgw.t]
rgw data = ${join(folder, 'rgw')}
rgw frontends = beast endpoint=127.0.0.1:${gatewayPort}
rgw verify ssl = false
rgw thread pool size = 64
rgw gc obj min wait = 5
rgw gc processor period = 10
rgw gc processor max time = 10
`
}
