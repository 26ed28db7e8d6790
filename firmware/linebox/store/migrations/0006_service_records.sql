-- What a call was about and how it ended (AGT-9).
CREATE TABLE service_categories (             -- two floors: a head and what is under it
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    parent integer REFERENCES service_categories ON DELETE CASCADE,
    place integer NOT NULL,
    name_zh text NOT NULL CHECK (length(name_zh) BETWEEN 1 AND 40),
    name_en text NOT NULL CHECK (length(name_en) BETWEEN 1 AND 40),
    hidden boolean NOT NULL DEFAULT false     -- no more to be chosen; records that have it keep it
);
CREATE INDEX ON service_categories (parent);

CREATE TABLE service_records (                -- no reference to calls: it is begun before the call is filed
    call_id text PRIMARY KEY CHECK (call_id ~ '^s[0-9]{8}-[0-9]{1,12}\.[0-9]{1,12}$'),
    category integer REFERENCES service_categories,
    outcome text CHECK (outcome IN ('solved', 'follow-up', 'transferred')),
    note text NOT NULL DEFAULT '' CHECK (length(note) <= 2000),
    draft boolean NOT NULL DEFAULT true,
    agent text NOT NULL DEFAULT '',           -- staff number of who wrote last, empty for who is no agent
    saved_by text NOT NULL,                   -- the log-in
    version integer NOT NULL DEFAULT 1,
    made_at timestamptz NOT NULL DEFAULT now(), at timestamptz NOT NULL DEFAULT now(),
    CHECK (draft OR (category IS NOT NULL AND outcome IS NOT NULL))
);
CREATE INDEX service_records_words ON service_records USING gin (text_grams(note));
CREATE INDEX ON service_records (category, at);
CREATE INDEX ON service_records (at);

INSERT INTO service_categories (place, name_zh, name_en) VALUES
    (1, '咨询', 'Question'), (2, '业务办理', 'Request'), (3, '投诉', 'Complaint'), (4, '建议', 'Suggestion'), (5, '其他', 'Other');
INSERT INTO service_categories (parent, place, name_zh, name_en)
SELECT p.id, v.place, v.zh, v.en FROM (VALUES
    ('咨询', 1, '产品与价格', 'Product and price'), ('咨询', 2, '使用方法', 'How to use'), ('咨询', 3, '进度查询', 'Progress'), ('咨询', 4, '账单与费用', 'Bill and fee'),
    ('业务办理', 1, '新办', 'New'), ('业务办理', 2, '变更', 'Change'), ('业务办理', 3, '报修', 'Repair'), ('业务办理', 4, '退订', 'Cancel'),
    ('投诉', 1, '产品质量', 'Quality'), ('投诉', 2, '服务态度', 'Attitude'), ('投诉', 3, '处理太慢', 'Too slow'), ('投诉', 4, '费用争议', 'Disputed fee'),
    ('建议', 1, '产品建议', 'Product'), ('建议', 2, '服务建议', 'Service'),
    ('其他', 1, '打错电话', 'Wrong number'), ('其他', 2, '骚扰电话', 'Nuisance'), ('其他', 3, '无声或中断', 'Silent or cut off'))
    AS v (head, place, zh, en) JOIN service_categories p ON p.name_zh = v.head AND p.parent IS NULL;
