-- When a phone put its caller on hold and took it back. CEL has no such event, so this alone on a call's time line comes
-- from AMI: what happens while calld is away is missing.
CREATE TABLE call_holds (
    channel text NOT NULL,                    -- uniqueid of the phone's channel: call_legs.uniqueid
    at timestamptz NOT NULL,
    held boolean NOT NULL,
    PRIMARY KEY (channel, at)
);
