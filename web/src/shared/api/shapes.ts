/** The box's answers by short names; schema.ts is generated from build/openapi.json. */
import type { components, operations } from './schema'

type Shapes = components['schemas']

export type Session = Shapes['Session']
export type OpenSession = Shapes['OpenSession']
export type AccountRow = Shapes['AccountRow']
export type RoleRow = Shapes['RoleRow']
export type RightRow = Shapes['RightRow']
export type PresetRow = Shapes['PresetRow']
export type Rights = Shapes['Rights']
export type OwnFactors = Shapes['OwnFactors']
export type FactorRow = Shapes['FactorRow']
export type FactorMade = Shapes['FactorMade']
export type AuditRow = Shapes['AuditRow']
export type AuditPage = Shapes['AuditPage']
export type AuditState = Shapes['AuditState']
export type AccountWithPassword = Shapes['AccountWithPassword']
export type LimitsNow = Shapes['LimitsNow']
export type Company = Shapes['Company']
export type Interface = Shapes['Interface']
export type Network = Shapes['Network']
export type NetworkWish = Shapes['NetworkWish']
export type NetworkArmed = Shapes['NetworkArmed']
export type Certificates = Shapes['Certificates']
export type Acme = Shapes['Acme']
export type AcmeWish = Required<Shapes['AcmeWish']>
export type Clock = Shapes['Clock']
export type ClockWish = Shapes['ClockWish']
export type Slot = Shapes['Slot']
export type Update = Shapes['Update']
export type UploadWish = Shapes['UploadWish']
export type CallRow = Shapes['CallRow']
export type RecordingPeaks = Shapes['RecordingPeaks']
export type RecordingAccess = Shapes['RecordingAccess']
export type FollowUp = Shapes['FollowUp']
export type FollowUpPage = Shapes['FollowUpPage']
/** What isn't said is as the box has it. */
export type FollowUpAct = Pick<Shapes['FollowUpAct'], 'do'> & Partial<Shapes['FollowUpAct']>
export type FollowUpQuery = NonNullable<operations['list_follow_ups']['parameters']['query']>
export type CallCounts = Shapes['CallCounts']
export type CallPage = Shapes['CallPage']
export type CallDetail = Shapes['CallDetail']
export type CallEvent = Shapes['CallEvent']
export type CallLeg = Shapes['CallLeg']
export type CallRecording = Shapes['CallRecording']
/** Whether a recording can be heard: `raw` is sent as WAV, `ready` as Opus. */
export const canBeHeard = ({ state }: CallRecording): boolean => state === 'raw' || state === 'ready'
export type Result = CallRow['result']
export type CallQuery = NonNullable<operations['list_calls']['parameters']['query']>
