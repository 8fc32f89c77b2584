BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE audit (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	time DATETIME NOT NULL, 
	actor VARCHAR NOT NULL, 
	action VARCHAR NOT NULL, 
	target VARCHAR NOT NULL, 
	reason TEXT NOT NULL, 
	data JSON
, entry_id VARCHAR);
CREATE TABLE batch_state (
	batch_id VARCHAR NOT NULL, 
	desired VARCHAR NOT NULL, 
	process_state VARCHAR NOT NULL, 
	pid INTEGER, 
	process_started_at DATETIME, 
	restarts INTEGER NOT NULL, 
	last_exit JSON, 
	alert TEXT NOT NULL, 
	session_token VARCHAR, 
	session_run_id VARCHAR, 
	session_package JSON, 
	session_hardware JSON, 
	session_opened_at DATETIME, 
	hardware_safe BOOLEAN NOT NULL, 
	rss_bytes INTEGER, 
	cpu_percent FLOAT, 
	updated_at DATETIME NOT NULL, quarantine TEXT DEFAULT '' NOT NULL, quarantined_at DATETIME, 
	CONSTRAINT pk_batch_state PRIMARY KEY (batch_id)
);
INSERT INTO "batch_state" VALUES('batch_1','running','stopped',NULL,'2026-11-21 06:43:20.751184',0,'{"kind": "stopped", "code": 0, "signal": null, "message": "was stopped", "pid": 32440}','',NULL,NULL,NULL,NULL,NULL,1,NULL,NULL,'2026-11-21 06:43:28.312366','',NULL);
CREATE TABLE events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	time DATETIME NOT NULL, 
	batch_id VARCHAR, 
	execution_id VARCHAR, 
	type VARCHAR NOT NULL, 
	data JSON NOT NULL
);
INSERT INTO "events" VALUES(1,'2026-11-21 06:43:20.393160','batch_1',NULL,'batch_status','{"desired": "running"}');
INSERT INTO "events" VALUES(2,'2026-11-21 06:43:20.751184','batch_1',NULL,'batch_status','{"process_state": "running", "pid": 32440, "restarts": 0, "alert": ""}');
INSERT INTO "events" VALUES(3,'2026-11-21 06:43:20.761146','batch_1',NULL,'batch_status','{"process_state": "running", "alert": ""}');
INSERT INTO "events" VALUES(4,'2026-11-21 06:43:21.131194','batch_1','01M7YDGQXBAN3F076771MFCRHA','run_accepted','{"sequence": "pcb_test", "version": "1.0.0", "wip": "WIP-KR01PSA2511-001", "process": 1, "operator": "5", "steps": 7}');
INSERT INTO "events" VALUES(5,'2026-11-21 06:43:22.786016','batch_1','01M7YDGQXBAN3F076771MFCRHA','delivery','{"item_id": "01M7YDGQXBAN3F076771MFCRHA/start_process", "action": "start_process", "wip": "WIP-KR01PSA2511-001", "state": "pending", "retry_count": 0, "last_error": ""}');
INSERT INTO "events" VALUES(6,'2026-11-21 06:43:22.858271','batch_1','01M7YDGQXBAN3F076771MFCRHA','delivery','{"item_id": "01M7YDGQXBAN3F076771MFCRHA/start_process", "action": "start_process", "wip": "WIP-KR01PSA2511-001", "state": "delivered", "retry_count": 1, "last_error": "", "wip_status": "IN_PROGRESS"}');
INSERT INTO "events" VALUES(7,'2026-11-21 06:43:22.903112','batch_1','01M7YDGQXBAN3F076771MFCRHA','batch_status','{"state": "opening", "waiting_for": ""}');
INSERT INTO "events" VALUES(8,'2026-11-21 06:43:22.943507','batch_1','01M7YDGQXBAN3F076771MFCRHA','batch_status','{"state": "running", "waiting_for": ""}');
INSERT INTO "events" VALUES(9,'2026-11-21 06:43:22.961234','batch_1','01M7YDGQXBAN3F076771MFCRHA','step_start','{"step": "power_up", "index": 0, "attempt": 1, "segment": 1}');
INSERT INTO "events" VALUES(10,'2026-11-21 06:43:23.017646','batch_1','01M7YDGQXBAN3F076771MFCRHA','measurement','{"step": "power_up", "name": "output_voltage", "value": 12.0009588, "unit": "V", "limit": "", "outcome": "PASSED"}');
INSERT INTO "events" VALUES(11,'2026-11-21 06:43:23.017776','batch_1','01M7YDGQXBAN3F076771MFCRHA','step_complete','{"step": "power_up", "index": 0, "attempt": 1, "outcome": "PASSED", "elapsed_s": 0.052637, "measurements": [{"name": "output_voltage", "value": 12.0009588, "unit": "V", "limit": null, "outcome": "PASSED"}], "defects": [], "fault": null}');
INSERT INTO "events" VALUES(12,'2026-11-21 06:43:23.035202','batch_1','01M7YDGQXBAN3F076771MFCRHA','step_start','{"step": "input_voltage", "index": 1, "attempt": 1, "segment": 1}');
INSERT INTO "events" VALUES(13,'2026-11-21 06:43:23.089499','batch_1','01M7YDGQXBAN3F076771MFCRHA','measurement','{"step": "input_voltage", "name": "input_voltage", "value": 11.996429, "unit": "V", "limit": "12 ± 2 %", "outcome": "PASSED"}');
INSERT INTO "events" VALUES(14,'2026-11-21 06:43:23.089603','batch_1','01M7YDGQXBAN3F076771MFCRHA','step_complete','{"step": "input_voltage", "index": 1, "attempt": 1, "outcome": "PASSED", "elapsed_s": 0.052767, "measurements": [{"name": "input_voltage", "value": 11.996429, "unit": "V", "limit": {"kind": "within_percent", "nominal": 12.0, "percent": 2.0}, "outcome": "PASSED"}], "defects": [], "fault": null}');
INSERT INTO "events" VALUES(15,'2026-11-21 06:43:23.104963','batch_1','01M7YDGQXBAN3F076771MFCRHA','step_start','{"step": "rails", "index": 2, "attempt": 1, "segment": 1}');
INSERT INTO "events" VALUES(16,'2026-11-21 06:43:23.157767','batch_1','01M7YDGQXBAN3F076771MFCRHA','measurement','{"step": "rails", "name": "rail_5v0", "value": 5.00287634, "unit": "V", "limit": "4.85 .. 5.15", "outcome": "PASSED"}');
INSERT INTO "events" VALUES(17,'2026-11-21 06:43:23.158537','batch_1','01M7YDGQXBAN3F076771MFCRHA','measurement','{"step": "rails", "name": "rail_3v3", "value": 3.29997185, "unit": "V", "limit": "3.2 .. 3.4", "outcome": "PASSED"}');
INSERT INTO "events" VALUES(18,'2026-11-21 06:43:23.158912','batch_1','01M7YDGQXBAN3F076771MFCRHA','measurement','{"step": "rails", "name": "rail_1v8", "value": 1.79892632, "unit": "V", "limit": "1.74 .. 1.86", "outcome": "PASSED"}');
INSERT INTO "events" VALUES(19,'2026-11-21 06:43:23.159111','batch_1','01M7YDGQXBAN3F076771MFCRHA','step_complete','{"step": "rails", "index": 2, "attempt": 1, "outcome": "PASSED", "elapsed_s": 0.052561, "measurements": [{"name": "rail_5v0", "value": 5.00287634, "unit": "V", "limit": {"kind": "range", "low": 4.85, "high": 5.15}, "outcome": "PASSED"}, {"name": "rail_3v3", "value": 3.29997185, "unit": "V", "limit": {"kind": "range", "low": 3.2, "high": 3.4}, "outcome": "PASSED"}, {"name": "rail_1v8", "value": 1.79892632, "unit": "V", "limit": {"kind": "range", "low": 1.74, "high": 1.86}, "outcome": "PASSED"}], "defects": [], "fault": null}');
INSERT INTO "events" VALUES(20,'2026-11-21 06:43:23.177235','batch_1','01M7YDGQXBAN3F076771MFCRHA','step_start','{"step": "supply_current", "index": 3, "attempt": 1, "segment": 1}');
INSERT INTO "events" VALUES(21,'2026-11-21 06:43:23.229989','batch_1','01M7YDGQXBAN3F076771MFCRHA','measurement','{"step": "supply_current", "name": "supply_current", "value": 0.119892731, "unit": "A", "limit": "0.08 .. 0.2", "outcome": "PASSED"}');
INSERT INTO "events" VALUES(22,'2026-11-21 06:43:23.230104','batch_1','01M7YDGQXBAN3F076771MFCRHA','step_complete','{"step": "supply_current", "index": 3, "attempt": 1, "outcome": "PASSED", "elapsed_s": 0.050987, "measurements": [{"name": "supply_current", "value": 0.119892731, "unit": "A", "limit": {"kind": "range", "low": 0.08, "high": 0.2}, "outcome": "PASSED"}], "defects": [], "fault": null}');
INSERT INTO "events" VALUES(23,'2026-11-21 06:43:23.259838','batch_1','01M7YDGQXBAN3F076771MFCRHA','step_start','{"step": "ripple", "index": 4, "attempt": 1, "segment": 1}');
INSERT INTO "events" VALUES(24,'2026-11-21 06:43:23.315490','batch_1','01M7YDGQXBAN3F076771MFCRHA','measurement','{"step": "ripple", "name": "ripple_5v0", "value": 12.0809901, "unit": "mV", "limit": "<= 30", "outcome": "PASSED"}');
INSERT INTO "events" VALUES(25,'2026-11-21 06:43:23.315949','batch_1','01M7YDGQXBAN3F076771MFCRHA','measurement','{"step": "ripple", "name": "ripple_3v3", "value": 7.85069504, "unit": "mV", "limit": "<= 20", "outcome": "PASSED"}');
INSERT INTO "events" VALUES(26,'2026-11-21 06:43:23.319514','batch_1','01M7YDGQXBAN3F076771MFCRHA','measurement','{"step": "ripple", "name": "ripple_1v8", "value": 5.95279124, "unit": "mV", "limit": "<= 15", "outcome": "PASSED"}');
INSERT INTO "events" VALUES(27,'2026-11-21 06:43:23.319728','batch_1','01M7YDGQXBAN3F076771MFCRHA','step_complete','{"step": "ripple", "index": 4, "attempt": 1, "outcome": "PASSED", "elapsed_s": 0.05564, "measurements": [{"name": "ripple_5v0", "value": 12.0809901, "unit": "mV", "limit": {"kind": "range", "low": null, "high": 30.0}, "outcome": "PASSED"}, {"name": "ripple_3v3", "value": 7.85069504, "unit": "mV", "limit": {"kind": "range", "low": null, "high": 20.0}, "outcome": "PASSED"}, {"name": "ripple_1v8", "value": 5.95279124, "unit": "mV", "limit": {"kind": "range", "low": null, "high": 15.0}, "outcome": "PASSED"}], "defects": [], "fault": null}');
INSERT INTO "events" VALUES(28,'2026-11-21 06:43:23.338661','batch_1','01M7YDGQXBAN3F076771MFCRHA','step_start','{"step": "functional_check", "index": 5, "attempt": 1, "segment": 1}');
INSERT INTO "events" VALUES(29,'2026-11-21 06:43:23.391991','batch_1','01M7YDGQXBAN3F076771MFCRHA','measurement','{"step": "functional_check", "name": "firmware", "value": "OK 1.4.2", "unit": "", "limit": "/OK \\d+\\.\\d+\\.\\d+/", "outcome": "PASSED"}');
INSERT INTO "events" VALUES(30,'2026-11-21 06:43:23.392451','batch_1','01M7YDGQXBAN3F076771MFCRHA','measurement','{"step": "functional_check", "name": "serial", "value": "SIM-0001", "unit": "", "limit": "", "outcome": "PASSED"}');
INSERT INTO "events" VALUES(31,'2026-11-21 06:43:23.392622','batch_1','01M7YDGQXBAN3F076771MFCRHA','step_complete','{"step": "functional_check", "index": 5, "attempt": 1, "outcome": "PASSED", "elapsed_s": 0.052134, "measurements": [{"name": "firmware", "value": "OK 1.4.2", "unit": "", "limit": {"kind": "regex", "pattern": "OK \\d+\\.\\d+\\.\\d+"}, "outcome": "PASSED"}, {"name": "serial", "value": "SIM-0001", "unit": "", "limit": null, "outcome": "PASSED"}], "defects": [], "fault": null}');
INSERT INTO "events" VALUES(32,'2026-11-21 06:43:23.415966','batch_1','01M7YDGQXBAN3F076771MFCRHA','step_start','{"step": "power_down", "index": 6, "attempt": 1, "segment": 1}');
INSERT INTO "events" VALUES(33,'2026-11-21 06:43:23.398299','batch_1','01M7YDGQXBAN3F076771MFCRHA','batch_status','{"state": "cleaning_up", "waiting_for": ""}');
INSERT INTO "events" VALUES(34,'2026-11-21 06:43:23.470617','batch_1','01M7YDGQXBAN3F076771MFCRHA','measurement','{"step": "power_down", "name": "output_after", "value": 0.000487138545, "unit": "V", "limit": "<= 0.5", "outcome": "PASSED"}');
INSERT INTO "events" VALUES(35,'2026-11-21 06:43:23.470706','batch_1','01M7YDGQXBAN3F076771MFCRHA','step_complete','{"step": "power_down", "index": 6, "attempt": 1, "outcome": "PASSED", "elapsed_s": 0.052815, "measurements": [{"name": "output_after", "value": 0.000487138545, "unit": "V", "limit": {"kind": "range", "low": null, "high": 0.5}, "outcome": "PASSED"}], "defects": [], "fault": null}');
INSERT INTO "events" VALUES(36,'2026-11-21 06:43:23.495669','batch_1','01M7YDGQXBAN3F076771MFCRHA','sequence_complete','{"result": {"run_id": "01M7YDGQXBAN3F076771MFCRHA", "outcome": "PASSED", "reason": null, "defects": [], "started_at": "2026-11-21T06:43:22.691785Z", "completed_at": "2026-11-21T06:43:23.495669Z", "recoveries": 0, "hardware_safe": true, "waited": "PT0S"}}');
INSERT INTO "events" VALUES(37,'2026-11-21 06:43:23.586191','batch_1','01M7YDGQXBAN3F076771MFCRHA','delivery','{"item_id": "01M7YDGQXBAN3F076771MFCRHA/complete_process", "action": "complete_process", "wip": "WIP-KR01PSA2511-001", "state": "delivered", "retry_count": 1, "last_error": "", "wip_status": "IN_PROGRESS"}');
INSERT INTO "events" VALUES(210,'2026-11-21 06:43:28.309491','batch_1',NULL,'batch_status','{"process_state": "stopped", "pid": null, "exit": {"kind": "stopped", "code": 0, "signal": null, "message": "was stopped", "pid": 32440}}');
INSERT INTO "events" VALUES(211,'2026-11-21 06:43:28.312366','batch_1',NULL,'batch_status','{"process_state": "stopped", "alert": ""}');
CREATE TABLE execution_results (
	id VARCHAR NOT NULL, 
	batch_id VARCHAR NOT NULL, 
	sequence_name VARCHAR NOT NULL, 
	sequence_version VARCHAR NOT NULL, 
	content_hash VARCHAR NOT NULL, 
	wip_id VARCHAR, 
	process_id INTEGER, 
	operator_id VARCHAR, 
	state VARCHAR NOT NULL, 
	status VARCHAR NOT NULL, 
	outcome VARCHAR, 
	reason JSON, 
	refused BOOLEAN NOT NULL, 
	parameters JSON, 
	"plan" JSON, 
	result JSON, 
	defects JSON, 
	round INTEGER NOT NULL, 
	recoveries INTEGER NOT NULL, 
	hardware_safe BOOLEAN NOT NULL, 
	workflow_id VARCHAR, 
	temporal_run_id VARCHAR, 
	accepted_at DATETIME NOT NULL, 
	started_at DATETIME, 
	completed_at DATETIME, 
	synced_at DATETIME, 
	created_at DATETIME NOT NULL, 
	CONSTRAINT pk_execution_results PRIMARY KEY (id)
);
INSERT INTO "execution_results" VALUES('01M7YDGQXBAN3F076771MFCRHA','batch_1','pcb_test','1.0.0','95f6374347893c48fe69fca48f042687e0889ceb2bcbc5e424112c6f6859089b','WIP-KR01PSA2511-001',1,'5','completed','completed','PASSED',NULL,0,'{"supply_voltage": 12.0, "current_limit": 1.0, "settle_time": 0.05, "check_ripple": true}','{"schema_version": 1, "package": {"name": "pcb_test", "version": "1.0.0", "content_hash": "95f6374347893c48fe69fca48f042687e0889ceb2bcbc5e424112c6f6859089b"}, "steps": [{"name": "power_up", "title": "Power up", "index": 0, "timeout": "PT15S", "needs": null, "uses": ["power"], "condition": null, "repeatable": true, "rearm": true, "cleanup": false, "segment": null, "on_error": null, "retry": {"retries": 3, "backoff": "PT1S", "backoff_max": "PT30S"}, "on_fail": "stop", "prompt": null}, {"name": "input_voltage", "title": "Input voltage", "index": 1, "timeout": "PT10S", "needs": null, "uses": ["dmm"], "condition": null, "repeatable": true, "rearm": false, "cleanup": false, "segment": null, "on_error": null, "retry": {"retries": 3, "backoff": "PT1S", "backoff_max": "PT30S"}, "on_fail": "stop", "prompt": null}, {"name": "rails", "title": "Supply rails", "index": 2, "timeout": "PT15S", "needs": null, "uses": ["dmm"], "condition": null, "repeatable": true, "rearm": false, "cleanup": false, "segment": null, "on_error": null, "retry": {"retries": 3, "backoff": "PT1S", "backoff_max": "PT30S"}, "on_fail": "stop", "prompt": null}, {"name": "supply_current", "title": "Supply current", "index": 3, "timeout": "PT10S", "needs": null, "uses": ["power"], "condition": null, "repeatable": true, "rearm": false, "cleanup": false, "segment": null, "on_error": null, "retry": {"retries": 3, "backoff": "PT1S", "backoff_max": "PT30S"}, "on_fail": "stop", "prompt": null}, {"name": "ripple", "title": "Ripple", "index": 4, "timeout": "PT10S", "needs": null, "uses": ["dmm"], "condition": "check_ripple", "repeatable": true, "rearm": false, "cleanup": false, "segment": null, "on_error": null, "retry": {"retries": 3, "backoff": "PT1S", "backoff_max": "PT30S"}, "on_fail": "stop", "prompt": null}, {"name": "functional_check", "title": "Self test of the unit", "index": 5, "timeout": "PT10S", "needs": null, "uses": ["dmm"], "condition": null, "repeatable": true, "rearm": false, "cleanup": false, "segment": null, "on_error": null, "retry": {"retries": 3, "backoff": "PT1S", "backoff_max": "PT30S"}, "on_fail": "stop", "prompt": null}, {"name": "power_down", "title": "Power down", "index": 6, "timeout": "PT15S", "needs": null, "uses": ["power"], "condition": null, "repeatable": true, "rearm": false, "cleanup": true, "segment": null, "on_error": null, "retry": {"retries": 2, "backoff": "PT1S", "backoff_max": "PT30S"}, "on_fail": "stop", "prompt": null}], "parameters": {"supply_voltage": 12.0, "current_limit": 1.0, "settle_time": 0.05, "check_ripple": true}, "limits": {"rail_5v0": {"kind": "range", "low": 4.85, "high": 5.15}, "rail_3v3": {"kind": "range", "low": 3.2, "high": 3.4}, "rail_1v8": {"kind": "range", "low": 1.74, "high": 1.86}, "supply_current": {"kind": "range", "low": 0.08, "high": 0.2}, "ripple_5v0": {"kind": "range", "low": null, "high": 30.0}, "ripple_3v3": {"kind": "range", "low": null, "high": 20.0}, "ripple_1v8": {"kind": "range", "low": null, "high": 15.0}, "firmware": {"kind": "regex", "pattern": "OK \\d+\\.\\d+\\.\\d+"}, "output_after": {"kind": "range", "low": null, "high": 0.5}}, "policy": {"recovery_mode": "resume", "confirm_resume": false, "default_severity": "recoverable", "timeout_sequence": "PT1H", "heartbeat_timeout": "PT5S", "grace_period": "PT5S", "hardware_errors": {"attempts": 3, "delay": "PT5S", "on_failure": "pause_wait"}}, "shared": {}}','{"run_id": "01M7YDGQXBAN3F076771MFCRHA", "outcome": "PASSED", "reason": null, "defects": [], "started_at": "2026-11-21T06:43:22.691785Z", "completed_at": "2026-11-21T06:43:23.495669Z", "recoveries": 0, "hardware_safe": true, "waited": "PT0S"}','[]',1,0,1,'run/DEMO/batch_1','01a1fcd8-65bc-7ce1-8f8e-508be53347ca','2026-11-21 06:43:21.131194','2026-11-21 06:43:22.691785','2026-11-21 06:43:23.495669','2026-11-21 06:43:23.586191','2026-11-21 06:43:21.131194');
CREATE TABLE logs (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	batch_id VARCHAR NOT NULL, 
	execution_id VARCHAR, 
	step_name VARCHAR, 
	level VARCHAR NOT NULL, 
	message TEXT NOT NULL, 
	data JSON, 
	timestamp DATETIME NOT NULL
);
CREATE TABLE measurements (
	id VARCHAR NOT NULL, 
	step_result_id VARCHAR NOT NULL, 
	execution_id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	position INTEGER NOT NULL, 
	value TEXT, 
	number FLOAT, 
	unit VARCHAR NOT NULL, 
	"limit" JSON, 
	outcome VARCHAR NOT NULL, 
	measured_at DATETIME NOT NULL, measured_by VARCHAR, 
	CONSTRAINT pk_measurements PRIMARY KEY (id), 
	CONSTRAINT fk_measurements_execution_id_execution_results FOREIGN KEY(execution_id) REFERENCES execution_results (id), 
	CONSTRAINT fk_measurements_step_result_id_step_results FOREIGN KEY(step_result_id) REFERENCES step_results (id)
);
INSERT INTO "measurements" VALUES('01M7YDGQXBAN3F076771MFCRHA:power_up:1:0','01M7YDGQXBAN3F076771MFCRHA:power_up:1','01M7YDGQXBAN3F076771MFCRHA','output_voltage',0,'12.0009588',12.0009588,'V',NULL,'PASSED','2026-11-21 06:43:23.017776',NULL);
INSERT INTO "measurements" VALUES('01M7YDGQXBAN3F076771MFCRHA:input_voltage:1:0','01M7YDGQXBAN3F076771MFCRHA:input_voltage:1','01M7YDGQXBAN3F076771MFCRHA','input_voltage',0,'11.996429',11.996429,'V','{"kind": "within_percent", "nominal": 12.0, "percent": 2.0}','PASSED','2026-11-21 06:43:23.089603',NULL);
INSERT INTO "measurements" VALUES('01M7YDGQXBAN3F076771MFCRHA:rails:1:0','01M7YDGQXBAN3F076771MFCRHA:rails:1','01M7YDGQXBAN3F076771MFCRHA','rail_5v0',0,'5.00287634',5.00287634,'V','{"kind": "range", "low": 4.85, "high": 5.15}','PASSED','2026-11-21 06:43:23.159111',NULL);
INSERT INTO "measurements" VALUES('01M7YDGQXBAN3F076771MFCRHA:rails:1:1','01M7YDGQXBAN3F076771MFCRHA:rails:1','01M7YDGQXBAN3F076771MFCRHA','rail_3v3',1,'3.29997185',3.29997185,'V','{"kind": "range", "low": 3.2, "high": 3.4}','PASSED','2026-11-21 06:43:23.159111',NULL);
INSERT INTO "measurements" VALUES('01M7YDGQXBAN3F076771MFCRHA:rails:1:2','01M7YDGQXBAN3F076771MFCRHA:rails:1','01M7YDGQXBAN3F076771MFCRHA','rail_1v8',2,'1.79892632',1.79892632,'V','{"kind": "range", "low": 1.74, "high": 1.86}','PASSED','2026-11-21 06:43:23.159111',NULL);
INSERT INTO "measurements" VALUES('01M7YDGQXBAN3F076771MFCRHA:supply_current:1:0','01M7YDGQXBAN3F076771MFCRHA:supply_current:1','01M7YDGQXBAN3F076771MFCRHA','supply_current',0,'0.119892731',0.119892731,'A','{"kind": "range", "low": 0.08, "high": 0.2}','PASSED','2026-11-21 06:43:23.230104',NULL);
INSERT INTO "measurements" VALUES('01M7YDGQXBAN3F076771MFCRHA:ripple:1:0','01M7YDGQXBAN3F076771MFCRHA:ripple:1','01M7YDGQXBAN3F076771MFCRHA','ripple_5v0',0,'12.0809901',12.0809901,'mV','{"kind": "range", "low": null, "high": 30.0}','PASSED','2026-11-21 06:43:23.319728',NULL);
INSERT INTO "measurements" VALUES('01M7YDGQXBAN3F076771MFCRHA:ripple:1:1','01M7YDGQXBAN3F076771MFCRHA:ripple:1','01M7YDGQXBAN3F076771MFCRHA','ripple_3v3',1,'7.85069504',7.85069504,'mV','{"kind": "range", "low": null, "high": 20.0}','PASSED','2026-11-21 06:43:23.319728',NULL);
INSERT INTO "measurements" VALUES('01M7YDGQXBAN3F076771MFCRHA:ripple:1:2','01M7YDGQXBAN3F076771MFCRHA:ripple:1','01M7YDGQXBAN3F076771MFCRHA','ripple_1v8',2,'5.95279124',5.95279124,'mV','{"kind": "range", "low": null, "high": 15.0}','PASSED','2026-11-21 06:43:23.319728',NULL);
INSERT INTO "measurements" VALUES('01M7YDGQXBAN3F076771MFCRHA:functional_check:1:0','01M7YDGQXBAN3F076771MFCRHA:functional_check:1','01M7YDGQXBAN3F076771MFCRHA','firmware',0,'"OK 1.4.2"',NULL,'','{"kind": "regex", "pattern": "OK \\d+\\.\\d+\\.\\d+"}','PASSED','2026-11-21 06:43:23.392622',NULL);
INSERT INTO "measurements" VALUES('01M7YDGQXBAN3F076771MFCRHA:functional_check:1:1','01M7YDGQXBAN3F076771MFCRHA:functional_check:1','01M7YDGQXBAN3F076771MFCRHA','serial',1,'"SIM-0001"',NULL,'',NULL,'PASSED','2026-11-21 06:43:23.392622',NULL);
INSERT INTO "measurements" VALUES('01M7YDGQXBAN3F076771MFCRHA:power_down:1:0','01M7YDGQXBAN3F076771MFCRHA:power_down:1','01M7YDGQXBAN3F076771MFCRHA','output_after',0,'0.000487138545',0.000487138545,'V','{"kind": "range", "low": null, "high": 0.5}','PASSED','2026-11-21 06:43:23.470706',NULL);
CREATE TABLE prompts (
	id VARCHAR NOT NULL, 
	batch_id VARCHAR NOT NULL, 
	execution_id VARCHAR NOT NULL, 
	step_name VARCHAR, 
	kind VARCHAR NOT NULL, 
	message TEXT NOT NULL, 
	data JSON, 
	asked_at DATETIME NOT NULL, 
	answer TEXT, 
	answered_by VARCHAR, 
	answered_at DATETIME, state VARCHAR DEFAULT 'answered' NOT NULL, 
	CONSTRAINT pk_prompts PRIMARY KEY (id), 
	CONSTRAINT fk_prompts_execution_id_execution_results FOREIGN KEY(execution_id) REFERENCES execution_results (id)
);
CREATE TABLE step_results (
	id VARCHAR NOT NULL, 
	execution_id VARCHAR NOT NULL, 
	step_name VARCHAR NOT NULL, 
	step_index INTEGER NOT NULL, 
	attempt INTEGER NOT NULL, 
	round INTEGER NOT NULL, 
	segment INTEGER NOT NULL, 
	segments_done INTEGER NOT NULL, 
	session VARCHAR NOT NULL, 
	task_token BLOB, 
	worker_pid INTEGER, 
	started_at DATETIME NOT NULL, 
	completed_at DATETIME, 
	elapsed_s FLOAT NOT NULL, 
	status VARCHAR NOT NULL, 
	outcome VARCHAR, 
	result JSON, 
	state JSON, 
	fault JSON, 
	defects JSON, 
	attachments JSON, given_up BOOLEAN DEFAULT 0 NOT NULL, 
	CONSTRAINT pk_step_results PRIMARY KEY (id), 
	CONSTRAINT fk_step_results_execution_id_execution_results FOREIGN KEY(execution_id) REFERENCES execution_results (id)
);
INSERT INTO "step_results" VALUES('01M7YDGQXBAN3F076771MFCRHA:power_up:1','01M7YDGQXBAN3F076771MFCRHA','power_up',0,1,1,1,1,'e923a9ff2c37be699cef2673bc32b659',X'0A2430316131666364382D356536322D376264642D626232322D303665643634643731326135121072756E2F44454D4F2F62617463685F311A2430316131666364382D363562632D376365312D386638652D35303862653533333437636120192801320134421073746174696F6E2E72756E5F737465704A08080110F880401801',32440,'2026-11-21 06:43:22.961234','2026-11-21 06:43:23.017776',0.052637,'completed','PASSED','{"output_voltage": 12.0009588}','{}',NULL,'[]','[]',0);
INSERT INTO "step_results" VALUES('01M7YDGQXBAN3F076771MFCRHA:input_voltage:1','01M7YDGQXBAN3F076771MFCRHA','input_voltage',1,1,1,1,1,'e923a9ff2c37be699cef2673bc32b659',X'0A2430316131666364382D356536322D376264642D626232322D303665643634643731326135121072756E2F44454D4F2F62617463685F311A2430316131666364382D363562632D376365312D386638652D353038626535333334376361201F2801320135421073746174696F6E2E72756E5F737465704A080801108981401801',32440,'2026-11-21 06:43:23.035202','2026-11-21 06:43:23.089603',0.052767,'completed','PASSED','{"input_voltage": 11.996429}','{}',NULL,'[]','[]',0);
INSERT INTO "step_results" VALUES('01M7YDGQXBAN3F076771MFCRHA:rails:1','01M7YDGQXBAN3F076771MFCRHA','rails',2,1,1,1,1,'e923a9ff2c37be699cef2673bc32b659',X'0A2430316131666364382D356536322D376264642D626232322D303665643634643731326135121072756E2F44454D4F2F62617463685F311A2430316131666364382D363562632D376365312D386638652D35303862653533333437636120252801320136421073746174696F6E2E72756E5F737465704A080801109A81401801',32440,'2026-11-21 06:43:23.104963','2026-11-21 06:43:23.159111',0.052561,'completed','PASSED','{"rail_5v0": 5.00287634, "rail_3v3": 3.29997185, "rail_1v8": 1.79892632}','{}',NULL,'[]','[]',0);
INSERT INTO "step_results" VALUES('01M7YDGQXBAN3F076771MFCRHA:supply_current:1','01M7YDGQXBAN3F076771MFCRHA','supply_current',3,1,1,1,1,'e923a9ff2c37be699cef2673bc32b659',X'0A2430316131666364382D356536322D376264642D626232322D303665643634643731326135121072756E2F44454D4F2F62617463685F311A2430316131666364382D363562632D376365312D386638652D353038626535333334376361202B2801320137421073746174696F6E2E72756E5F737465704A08080110AB81401801',32440,'2026-11-21 06:43:23.177235','2026-11-21 06:43:23.230104',0.050987,'completed','PASSED','{"supply_current": 0.119892731}','{}',NULL,'[]','[]',0);
INSERT INTO "step_results" VALUES('01M7YDGQXBAN3F076771MFCRHA:ripple:1','01M7YDGQXBAN3F076771MFCRHA','ripple',4,1,1,1,1,'e923a9ff2c37be699cef2673bc32b659',X'0A2430316131666364382D356536322D376264642D626232322D303665643634643731326135121072756E2F44454D4F2F62617463685F311A2430316131666364382D363562632D376365312D386638652D35303862653533333437636120312801320138421073746174696F6E2E72756E5F737465704A08080110BC81401801',32440,'2026-11-21 06:43:23.259838','2026-11-21 06:43:23.319728',0.05564,'completed','PASSED','{"ripple_5v0": 12.0809901, "ripple_3v3": 7.85069504, "ripple_1v8": 5.95279124}','{}',NULL,'[]','[]',0);
INSERT INTO "step_results" VALUES('01M7YDGQXBAN3F076771MFCRHA:functional_check:1','01M7YDGQXBAN3F076771MFCRHA','functional_check',5,1,1,1,1,'e923a9ff2c37be699cef2673bc32b659',X'0A2430316131666364382D356536322D376264642D626232322D303665643634643731326135121072756E2F44454D4F2F62617463685F311A2430316131666364382D363562632D376365312D386638652D35303862653533333437636120372801320139421073746174696F6E2E72756E5F737465704A08080110CD81401801',32440,'2026-11-21 06:43:23.338661','2026-11-21 06:43:23.392622',0.052134,'completed','PASSED','{"firmware": "OK 1.4.2", "serial": "SIM-0001"}','{}',NULL,'[]','[]',0);
INSERT INTO "step_results" VALUES('01M7YDGQXBAN3F076771MFCRHA:power_down:1','01M7YDGQXBAN3F076771MFCRHA','power_down',6,1,1,1,1,'e923a9ff2c37be699cef2673bc32b659',X'0A2430316131666364382D356536322D376264642D626232322D303665643634643731326135121072756E2F44454D4F2F62617463685F311A2430316131666364382D363562632D376365312D386638652D353038626535333334376361203E280132023130420F73746174696F6E2E636C65616E75704A08080110E581401801',32440,'2026-11-21 06:43:23.415966','2026-11-21 06:43:23.470706',0.052815,'completed','PASSED','{"output_after": 0.000487138545}','{}',NULL,'[]','[]',0);
CREATE TABLE sync_queue (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	entity_type VARCHAR NOT NULL, 
	entity_id VARCHAR NOT NULL, 
	action VARCHAR NOT NULL, 
	payload JSON NOT NULL, 
	retry_count INTEGER NOT NULL, 
	last_error TEXT, 
	created_at DATETIME NOT NULL, 
	synced_at DATETIME, 
	item_id VARCHAR, 
	execution_id VARCHAR, 
	state VARCHAR NOT NULL, 
	CONSTRAINT uq_sync_queue_item_id UNIQUE (item_id)
);
INSERT INTO "sync_queue" VALUES(1,'wip_process','WIP-KR01PSA2511-001','start_process','{"item_id": "01M7YDGQXBAN3F076771MFCRHA/start_process", "run_id": "01M7YDGQXBAN3F076771MFCRHA", "batch": "batch_1", "action": "start_process", "wip": "WIP-KR01PSA2511-001", "process": 1, "operator": "5", "payload": {"started_at": "2026-11-21T06:43:22.691785+00:00"}, "auto_convert": false, "created_at": "2026-11-21T06:43:22.691785Z"}',1,NULL,'2026-11-21 06:43:22.786016','2026-11-21 06:43:22.858271','01M7YDGQXBAN3F076771MFCRHA/start_process','01M7YDGQXBAN3F076771MFCRHA','delivered');
INSERT INTO "sync_queue" VALUES(2,'wip_process','WIP-KR01PSA2511-001','complete_process','{"item_id": "01M7YDGQXBAN3F076771MFCRHA/complete_process", "run_id": "01M7YDGQXBAN3F076771MFCRHA", "batch": "batch_1", "action": "complete_process", "wip": "WIP-KR01PSA2511-001", "process": 1, "operator": "5", "payload": {"result": "PASS", "measurements": {"cycle_time_ms": 804, "output_voltage": 12.0009588, "input_voltage": 11.996429, "rail_5v0": 5.00287634, "rail_3v3": 3.29997185, "rail_1v8": 1.79892632, "supply_current": 0.119892731, "ripple_5v0": 12.0809901, "ripple_3v3": 7.85069504, "ripple_1v8": 5.95279124, "firmware": "OK 1.4.2", "serial": "SIM-0001", "output_after": 0.000487138545}, "defects": [], "notes": "", "started_at": "2026-11-21T06:43:22.691785+00:00", "completed_at": "2026-11-21T06:43:23.495669+00:00"}, "auto_convert": true, "created_at": "2026-11-21T06:43:23.495669Z"}',1,NULL,'2026-11-21 06:43:23.495669','2026-11-21 06:43:23.586191','01M7YDGQXBAN3F076771MFCRHA/complete_process','01M7YDGQXBAN3F076771MFCRHA','delivered');
CREATE INDEX ix_audit_time ON audit (time);
CREATE INDEX ix_events_execution_id ON events (execution_id, id);
CREATE INDEX ix_execution_results_accepted_at ON execution_results (accepted_at);
CREATE INDEX ix_execution_results_batch_id_id ON execution_results (batch_id, id);
CREATE INDEX ix_execution_results_open ON execution_results (id) WHERE state != 'completed';
CREATE INDEX ix_execution_results_outcome_id ON execution_results (outcome, id);
CREATE INDEX ix_execution_results_sequence_name_id ON execution_results (sequence_name, id);
CREATE INDEX ix_execution_results_wip_id_id ON execution_results (wip_id, id);
CREATE INDEX ix_logs_batch_id ON logs (batch_id, id);
CREATE INDEX ix_logs_execution_id ON logs (execution_id, id);
CREATE INDEX idx_sync_queue_pending ON sync_queue (synced_at) WHERE synced_at IS NULL;
CREATE INDEX ix_sync_queue_execution_id ON sync_queue (execution_id);
CREATE INDEX ix_prompts_execution_id ON prompts (execution_id);
CREATE INDEX ix_step_results_execution_id ON step_results (execution_id, step_index, attempt);
CREATE INDEX ix_step_results_running ON step_results (execution_id) WHERE status = 'running';
CREATE INDEX ix_measurements_execution_id ON measurements (execution_id);
CREATE INDEX ix_measurements_name_measured_at ON measurements (name, measured_at);
CREATE INDEX ix_measurements_step_result_id ON measurements (step_result_id);
CREATE UNIQUE INDEX ix_audit_entry_id ON audit (entry_id);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',211);
INSERT INTO "sqlite_sequence" VALUES('sync_queue',13);
COMMIT;
