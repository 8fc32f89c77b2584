BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0001');
CREATE TABLE audit (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	time DATETIME NOT NULL, 
	actor VARCHAR NOT NULL, 
	action VARCHAR NOT NULL, 
	target VARCHAR NOT NULL, 
	reason TEXT NOT NULL, 
	data JSON
);
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
	updated_at DATETIME NOT NULL, 
	CONSTRAINT pk_batch_state PRIMARY KEY (batch_id)
);
INSERT INTO "batch_state" VALUES('batch_1','running','stopped',NULL,'2026-11-21 03:36:43.086049',0,'{"kind": "stopped", "code": 0, "signal": null, "message": "was stopped", "pid": 20270}','',NULL,NULL,NULL,NULL,NULL,1,NULL,NULL,'2026-11-21 03:36:54.996738');
CREATE TABLE events (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	time DATETIME NOT NULL, 
	batch_id VARCHAR, 
	execution_id VARCHAR, 
	type VARCHAR NOT NULL, 
	data JSON NOT NULL
);
INSERT INTO "events" VALUES(1,'2026-11-21 03:36:42.199800','batch_1',NULL,'batch_status','{"desired": "running"}');
INSERT INTO "events" VALUES(2,'2026-11-21 03:36:43.086049','batch_1',NULL,'batch_status','{"process_state": "running", "pid": 20270, "restarts": 0, "alert": ""}');
INSERT INTO "events" VALUES(3,'2026-11-21 03:36:43.095699','batch_1',NULL,'batch_status','{"process_state": "running", "alert": ""}');
INSERT INTO "events" VALUES(4,'2026-11-21 03:36:43.436596','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','run_accepted','{"sequence": "pcb_test", "version": "1.0.0", "wip": "WIP-KR01PSA2511-001", "process": 1, "operator": "5", "steps": 7}');
INSERT INTO "events" VALUES(5,'2026-11-21 03:36:45.935542','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','delivery','{"item_id": "01M7Y2V0NCBEDSK7TKH3AYEPQN/start_process", "action": "start_process", "wip": "WIP-KR01PSA2511-001", "state": "pending", "retry_count": 0, "last_error": ""}');
INSERT INTO "events" VALUES(6,'2026-11-21 03:36:46.153323','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','delivery','{"item_id": "01M7Y2V0NCBEDSK7TKH3AYEPQN/start_process", "action": "start_process", "wip": "WIP-KR01PSA2511-001", "state": "delivered", "retry_count": 1, "last_error": "", "wip_status": "IN_PROGRESS"}');
INSERT INTO "events" VALUES(7,'2026-11-21 03:36:46.501379','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','batch_status','{"state": "opening", "waiting_for": ""}');
INSERT INTO "events" VALUES(8,'2026-11-21 03:36:46.615550','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','batch_status','{"state": "running", "waiting_for": ""}');
INSERT INTO "events" VALUES(9,'2026-11-21 03:36:46.675541','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','step_start','{"step": "power_up", "index": 0, "attempt": 1, "segment": 1}');
INSERT INTO "events" VALUES(10,'2026-11-21 03:36:46.735469','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','measurement','{"step": "power_up", "name": "output_voltage", "value": 12.0009588, "unit": "V", "limit": "", "outcome": "PASSED"}');
INSERT INTO "events" VALUES(11,'2026-11-21 03:36:46.735973','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','step_complete','{"step": "power_up", "index": 0, "attempt": 1, "outcome": "PASSED", "elapsed_s": 0.053757, "measurements": [{"name": "output_voltage", "value": 12.0009588, "unit": "V", "limit": null, "outcome": "PASSED"}], "defects": [], "fault": null}');
INSERT INTO "events" VALUES(12,'2026-11-21 03:36:46.766874','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','step_start','{"step": "input_voltage", "index": 1, "attempt": 1, "segment": 1}');
INSERT INTO "events" VALUES(13,'2026-11-21 03:36:46.829061','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','measurement','{"step": "input_voltage", "name": "input_voltage", "value": 11.996429, "unit": "V", "limit": "12 ± 2 %", "outcome": "PASSED"}');
INSERT INTO "events" VALUES(14,'2026-11-21 03:36:46.829187','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','step_complete','{"step": "input_voltage", "index": 1, "attempt": 1, "outcome": "PASSED", "elapsed_s": 0.054572, "measurements": [{"name": "input_voltage", "value": 11.996429, "unit": "V", "limit": {"kind": "within_percent", "nominal": 12.0, "percent": 2.0}, "outcome": "PASSED"}], "defects": [], "fault": null}');
INSERT INTO "events" VALUES(15,'2026-11-21 03:36:46.857184','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','step_start','{"step": "rails", "index": 2, "attempt": 1, "segment": 1}');
INSERT INTO "events" VALUES(16,'2026-11-21 03:36:46.915791','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','measurement','{"step": "rails", "name": "rail_5v0", "value": 5.00287634, "unit": "V", "limit": "4.85 .. 5.15", "outcome": "PASSED"}');
INSERT INTO "events" VALUES(17,'2026-11-21 03:36:46.916320','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','measurement','{"step": "rails", "name": "rail_3v3", "value": 3.29997185, "unit": "V", "limit": "3.2 .. 3.4", "outcome": "PASSED"}');
INSERT INTO "events" VALUES(18,'2026-11-21 03:36:46.916813','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','measurement','{"step": "rails", "name": "rail_1v8", "value": 1.79892632, "unit": "V", "limit": "1.74 .. 1.86", "outcome": "PASSED"}');
INSERT INTO "events" VALUES(19,'2026-11-21 03:36:46.917027','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','step_complete','{"step": "rails", "index": 2, "attempt": 1, "outcome": "PASSED", "elapsed_s": 0.053007, "measurements": [{"name": "rail_5v0", "value": 5.00287634, "unit": "V", "limit": {"kind": "range", "low": 4.85, "high": 5.15}, "outcome": "PASSED"}, {"name": "rail_3v3", "value": 3.29997185, "unit": "V", "limit": {"kind": "range", "low": 3.2, "high": 3.4}, "outcome": "PASSED"}, {"name": "rail_1v8", "value": 1.79892632, "unit": "V", "limit": {"kind": "range", "low": 1.74, "high": 1.86}, "outcome": "PASSED"}], "defects": [], "fault": null}');
INSERT INTO "events" VALUES(20,'2026-11-21 03:36:46.943783','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','step_start','{"step": "supply_current", "index": 3, "attempt": 1, "segment": 1}');
INSERT INTO "events" VALUES(21,'2026-11-21 03:36:46.998770','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','measurement','{"step": "supply_current", "name": "supply_current", "value": 0.119892731, "unit": "A", "limit": "0.08 .. 0.2", "outcome": "PASSED"}');
INSERT INTO "events" VALUES(22,'2026-11-21 03:36:46.998918','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','step_complete','{"step": "supply_current", "index": 3, "attempt": 1, "outcome": "PASSED", "elapsed_s": 0.051132, "measurements": [{"name": "supply_current", "value": 0.119892731, "unit": "A", "limit": {"kind": "range", "low": 0.08, "high": 0.2}, "outcome": "PASSED"}], "defects": [], "fault": null}');
INSERT INTO "events" VALUES(23,'2026-11-21 03:36:47.033455','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','step_start','{"step": "ripple", "index": 4, "attempt": 1, "segment": 1}');
INSERT INTO "events" VALUES(24,'2026-11-21 03:36:47.089815','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','measurement','{"step": "ripple", "name": "ripple_5v0", "value": 12.0809901, "unit": "mV", "limit": "<= 30", "outcome": "PASSED"}');
INSERT INTO "events" VALUES(25,'2026-11-21 03:36:47.091169','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','measurement','{"step": "ripple", "name": "ripple_3v3", "value": 7.85069504, "unit": "mV", "limit": "<= 20", "outcome": "PASSED"}');
INSERT INTO "events" VALUES(26,'2026-11-21 03:36:47.091678','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','measurement','{"step": "ripple", "name": "ripple_1v8", "value": 5.95279124, "unit": "mV", "limit": "<= 15", "outcome": "PASSED"}');
INSERT INTO "events" VALUES(27,'2026-11-21 03:36:47.092105','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','step_complete','{"step": "ripple", "index": 4, "attempt": 1, "outcome": "PASSED", "elapsed_s": 0.053836, "measurements": [{"name": "ripple_5v0", "value": 12.0809901, "unit": "mV", "limit": {"kind": "range", "low": null, "high": 30.0}, "outcome": "PASSED"}, {"name": "ripple_3v3", "value": 7.85069504, "unit": "mV", "limit": {"kind": "range", "low": null, "high": 20.0}, "outcome": "PASSED"}, {"name": "ripple_1v8", "value": 5.95279124, "unit": "mV", "limit": {"kind": "range", "low": null, "high": 15.0}, "outcome": "PASSED"}], "defects": [], "fault": null}');
INSERT INTO "events" VALUES(28,'2026-11-21 03:36:47.119702','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','step_start','{"step": "functional_check", "index": 5, "attempt": 1, "segment": 1}');
INSERT INTO "events" VALUES(29,'2026-11-21 03:36:47.177252','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','measurement','{"step": "functional_check", "name": "firmware", "value": "OK 1.4.2", "unit": "", "limit": "/OK \\d+\\.\\d+\\.\\d+/", "outcome": "PASSED"}');
INSERT INTO "events" VALUES(30,'2026-11-21 03:36:47.177991','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','measurement','{"step": "functional_check", "name": "serial", "value": "SIM-0001", "unit": "", "limit": "", "outcome": "PASSED"}');
INSERT INTO "events" VALUES(31,'2026-11-21 03:36:47.178194','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','step_complete','{"step": "functional_check", "index": 5, "attempt": 1, "outcome": "PASSED", "elapsed_s": 0.05346, "measurements": [{"name": "firmware", "value": "OK 1.4.2", "unit": "", "limit": {"kind": "regex", "pattern": "OK \\d+\\.\\d+\\.\\d+"}, "outcome": "PASSED"}, {"name": "serial", "value": "SIM-0001", "unit": "", "limit": null, "outcome": "PASSED"}], "defects": [], "fault": null}');
INSERT INTO "events" VALUES(32,'2026-11-21 03:36:47.193319','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','batch_status','{"state": "cleaning_up", "waiting_for": ""}');
INSERT INTO "events" VALUES(33,'2026-11-21 03:36:47.247369','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','step_start','{"step": "power_down", "index": 6, "attempt": 1, "segment": 1}');
INSERT INTO "events" VALUES(34,'2026-11-21 03:36:47.303908','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','measurement','{"step": "power_down", "name": "output_after", "value": 0.000487138545, "unit": "V", "limit": "<= 0.5", "outcome": "PASSED"}');
INSERT INTO "events" VALUES(35,'2026-11-21 03:36:47.304039','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','step_complete','{"step": "power_down", "index": 6, "attempt": 1, "outcome": "PASSED", "elapsed_s": 0.052622, "measurements": [{"name": "output_after", "value": 0.000487138545, "unit": "V", "limit": {"kind": "range", "low": null, "high": 0.5}, "outcome": "PASSED"}], "defects": [], "fault": null}');
INSERT INTO "events" VALUES(36,'2026-11-21 03:36:47.356919','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','sequence_complete','{"result": {"run_id": "01M7Y2V0NCBEDSK7TKH3AYEPQN", "outcome": "PASSED", "reason": null, "defects": [], "started_at": "2026-11-21T03:36:45.672070Z", "completed_at": "2026-11-21T03:36:47.356919Z", "recoveries": 0, "hardware_safe": true}}');
INSERT INTO "events" VALUES(37,'2026-11-21 03:36:47.565537','batch_1','01M7Y2V0NCBEDSK7TKH3AYEPQN','delivery','{"item_id": "01M7Y2V0NCBEDSK7TKH3AYEPQN/complete_process", "action": "complete_process", "wip": "WIP-KR01PSA2511-001", "state": "delivered", "retry_count": 1, "last_error": "", "wip_status": "IN_PROGRESS"}');
INSERT INTO "events" VALUES(210,'2026-11-21 03:36:54.989951','batch_1',NULL,'batch_status','{"process_state": "stopped", "pid": null, "exit": {"kind": "stopped", "code": 0, "signal": null, "message": "was stopped", "pid": 20270}}');
INSERT INTO "events" VALUES(211,'2026-11-21 03:36:54.996738','batch_1',NULL,'batch_status','{"process_state": "stopped", "alert": ""}');
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
INSERT INTO "execution_results" VALUES('01M7Y2V0NCBEDSK7TKH3AYEPQN','batch_1','pcb_test','1.0.0','61b3ab8f8b4e2aa83fad710c07caabfb96ff2e2e0ea4696f57ea44d4cd1464f1','WIP-KR01PSA2511-001',1,'5','completed','completed','PASSED',NULL,0,'{"supply_voltage": 12.0, "current_limit": 1.0, "settle_time": 0.05, "check_ripple": true}','{"schema_version": 1, "package": {"name": "pcb_test", "version": "1.0.0", "content_hash": "61b3ab8f8b4e2aa83fad710c07caabfb96ff2e2e0ea4696f57ea44d4cd1464f1"}, "steps": [{"name": "power_up", "title": "Power up", "index": 0, "timeout": "PT15S", "needs": null, "uses": ["power"], "condition": null, "repeatable": true, "rearm": true, "cleanup": false, "segment": null, "on_error": null, "retry": {"retries": 3, "backoff": "PT1S", "backoff_max": "PT30S"}, "on_fail": "stop"}, {"name": "input_voltage", "title": "Input voltage", "index": 1, "timeout": "PT10S", "needs": null, "uses": ["dmm"], "condition": null, "repeatable": true, "rearm": false, "cleanup": false, "segment": null, "on_error": null, "retry": {"retries": 3, "backoff": "PT1S", "backoff_max": "PT30S"}, "on_fail": "stop"}, {"name": "rails", "title": "Supply rails", "index": 2, "timeout": "PT15S", "needs": null, "uses": ["dmm"], "condition": null, "repeatable": true, "rearm": false, "cleanup": false, "segment": null, "on_error": null, "retry": {"retries": 3, "backoff": "PT1S", "backoff_max": "PT30S"}, "on_fail": "stop"}, {"name": "supply_current", "title": "Supply current", "index": 3, "timeout": "PT10S", "needs": null, "uses": ["power"], "condition": null, "repeatable": true, "rearm": false, "cleanup": false, "segment": null, "on_error": null, "retry": {"retries": 3, "backoff": "PT1S", "backoff_max": "PT30S"}, "on_fail": "stop"}, {"name": "ripple", "title": "Ripple", "index": 4, "timeout": "PT10S", "needs": null, "uses": ["dmm"], "condition": "check_ripple", "repeatable": true, "rearm": false, "cleanup": false, "segment": null, "on_error": null, "retry": {"retries": 3, "backoff": "PT1S", "backoff_max": "PT30S"}, "on_fail": "stop"}, {"name": "functional_check", "title": "Self test of the unit", "index": 5, "timeout": "PT10S", "needs": null, "uses": ["dmm"], "condition": null, "repeatable": true, "rearm": false, "cleanup": false, "segment": null, "on_error": null, "retry": {"retries": 3, "backoff": "PT1S", "backoff_max": "PT30S"}, "on_fail": "stop"}, {"name": "power_down", "title": "Power down", "index": 6, "timeout": "PT15S", "needs": null, "uses": ["power"], "condition": null, "repeatable": true, "rearm": false, "cleanup": true, "segment": null, "on_error": null, "retry": {"retries": 2, "backoff": "PT1S", "backoff_max": "PT30S"}, "on_fail": "stop"}], "parameters": {"supply_voltage": 12.0, "current_limit": 1.0, "settle_time": 0.05, "check_ripple": true}, "limits": {"rail_5v0": {"kind": "range", "low": 4.85, "high": 5.15}, "rail_3v3": {"kind": "range", "low": 3.2, "high": 3.4}, "rail_1v8": {"kind": "range", "low": 1.74, "high": 1.86}, "supply_current": {"kind": "range", "low": 0.08, "high": 0.2}, "ripple_5v0": {"kind": "range", "low": null, "high": 30.0}, "ripple_3v3": {"kind": "range", "low": null, "high": 20.0}, "ripple_1v8": {"kind": "range", "low": null, "high": 15.0}, "firmware": {"kind": "regex", "pattern": "OK \\d+\\.\\d+\\.\\d+"}, "output_after": {"kind": "range", "low": null, "high": 0.5}}, "policy": {"recovery_mode": "resume", "confirm_resume": false, "default_severity": "recoverable", "timeout_sequence": "PT1H", "heartbeat_timeout": "PT5S", "grace_period": "PT5S"}}','{"run_id": "01M7Y2V0NCBEDSK7TKH3AYEPQN", "outcome": "PASSED", "reason": null, "defects": [], "started_at": "2026-11-21T03:36:45.672070Z", "completed_at": "2026-11-21T03:36:47.356919Z", "recoveries": 0, "hardware_safe": true}','[]',1,0,1,'run/DEMO/batch_1','01a1fc2d-8b50-7cd0-8be5-600778982c61','2026-11-21 03:36:43.436596','2026-11-21 03:36:45.672070','2026-11-21 03:36:47.356919','2026-11-21 03:36:47.565537','2026-11-21 03:36:43.436596');
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
	measured_at DATETIME NOT NULL, 
	CONSTRAINT pk_measurements PRIMARY KEY (id), 
	CONSTRAINT fk_measurements_execution_id_execution_results FOREIGN KEY(execution_id) REFERENCES execution_results (id), 
	CONSTRAINT fk_measurements_step_result_id_step_results FOREIGN KEY(step_result_id) REFERENCES step_results (id)
);
INSERT INTO "measurements" VALUES('01M7Y2V0NCBEDSK7TKH3AYEPQN:power_up:1:0','01M7Y2V0NCBEDSK7TKH3AYEPQN:power_up:1','01M7Y2V0NCBEDSK7TKH3AYEPQN','output_voltage',0,'12.0009588',12.0009588,'V',NULL,'PASSED','2026-11-21 03:36:46.735973');
INSERT INTO "measurements" VALUES('01M7Y2V0NCBEDSK7TKH3AYEPQN:input_voltage:1:0','01M7Y2V0NCBEDSK7TKH3AYEPQN:input_voltage:1','01M7Y2V0NCBEDSK7TKH3AYEPQN','input_voltage',0,'11.996429',11.996429,'V','{"kind": "within_percent", "nominal": 12.0, "percent": 2.0}','PASSED','2026-11-21 03:36:46.829187');
INSERT INTO "measurements" VALUES('01M7Y2V0NCBEDSK7TKH3AYEPQN:rails:1:0','01M7Y2V0NCBEDSK7TKH3AYEPQN:rails:1','01M7Y2V0NCBEDSK7TKH3AYEPQN','rail_5v0',0,'5.00287634',5.00287634,'V','{"kind": "range", "low": 4.85, "high": 5.15}','PASSED','2026-11-21 03:36:46.917027');
INSERT INTO "measurements" VALUES('01M7Y2V0NCBEDSK7TKH3AYEPQN:rails:1:1','01M7Y2V0NCBEDSK7TKH3AYEPQN:rails:1','01M7Y2V0NCBEDSK7TKH3AYEPQN','rail_3v3',1,'3.29997185',3.29997185,'V','{"kind": "range", "low": 3.2, "high": 3.4}','PASSED','2026-11-21 03:36:46.917027');
INSERT INTO "measurements" VALUES('01M7Y2V0NCBEDSK7TKH3AYEPQN:rails:1:2','01M7Y2V0NCBEDSK7TKH3AYEPQN:rails:1','01M7Y2V0NCBEDSK7TKH3AYEPQN','rail_1v8',2,'1.79892632',1.79892632,'V','{"kind": "range", "low": 1.74, "high": 1.86}','PASSED','2026-11-21 03:36:46.917027');
INSERT INTO "measurements" VALUES('01M7Y2V0NCBEDSK7TKH3AYEPQN:supply_current:1:0','01M7Y2V0NCBEDSK7TKH3AYEPQN:supply_current:1','01M7Y2V0NCBEDSK7TKH3AYEPQN','supply_current',0,'0.119892731',0.119892731,'A','{"kind": "range", "low": 0.08, "high": 0.2}','PASSED','2026-11-21 03:36:46.998918');
INSERT INTO "measurements" VALUES('01M7Y2V0NCBEDSK7TKH3AYEPQN:ripple:1:0','01M7Y2V0NCBEDSK7TKH3AYEPQN:ripple:1','01M7Y2V0NCBEDSK7TKH3AYEPQN','ripple_5v0',0,'12.0809901',12.0809901,'mV','{"kind": "range", "low": null, "high": 30.0}','PASSED','2026-11-21 03:36:47.092105');
INSERT INTO "measurements" VALUES('01M7Y2V0NCBEDSK7TKH3AYEPQN:ripple:1:1','01M7Y2V0NCBEDSK7TKH3AYEPQN:ripple:1','01M7Y2V0NCBEDSK7TKH3AYEPQN','ripple_3v3',1,'7.85069504',7.85069504,'mV','{"kind": "range", "low": null, "high": 20.0}','PASSED','2026-11-21 03:36:47.092105');
INSERT INTO "measurements" VALUES('01M7Y2V0NCBEDSK7TKH3AYEPQN:ripple:1:2','01M7Y2V0NCBEDSK7TKH3AYEPQN:ripple:1','01M7Y2V0NCBEDSK7TKH3AYEPQN','ripple_1v8',2,'5.95279124',5.95279124,'mV','{"kind": "range", "low": null, "high": 15.0}','PASSED','2026-11-21 03:36:47.092105');
INSERT INTO "measurements" VALUES('01M7Y2V0NCBEDSK7TKH3AYEPQN:functional_check:1:0','01M7Y2V0NCBEDSK7TKH3AYEPQN:functional_check:1','01M7Y2V0NCBEDSK7TKH3AYEPQN','firmware',0,'"OK 1.4.2"',NULL,'','{"kind": "regex", "pattern": "OK \\d+\\.\\d+\\.\\d+"}','PASSED','2026-11-21 03:36:47.178194');
INSERT INTO "measurements" VALUES('01M7Y2V0NCBEDSK7TKH3AYEPQN:functional_check:1:1','01M7Y2V0NCBEDSK7TKH3AYEPQN:functional_check:1','01M7Y2V0NCBEDSK7TKH3AYEPQN','serial',1,'"SIM-0001"',NULL,'',NULL,'PASSED','2026-11-21 03:36:47.178194');
INSERT INTO "measurements" VALUES('01M7Y2V0NCBEDSK7TKH3AYEPQN:power_down:1:0','01M7Y2V0NCBEDSK7TKH3AYEPQN:power_down:1','01M7Y2V0NCBEDSK7TKH3AYEPQN','output_after',0,'0.000487138545',0.000487138545,'V','{"kind": "range", "low": null, "high": 0.5}','PASSED','2026-11-21 03:36:47.304039');
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
	answered_at DATETIME, 
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
	attachments JSON, 
	CONSTRAINT pk_step_results PRIMARY KEY (id), 
	CONSTRAINT fk_step_results_execution_id_execution_results FOREIGN KEY(execution_id) REFERENCES execution_results (id)
);
INSERT INTO "step_results" VALUES('01M7Y2V0NCBEDSK7TKH3AYEPQN:power_up:1','01M7Y2V0NCBEDSK7TKH3AYEPQN','power_up',0,1,1,1,1,'fad74d26fed173147b1c1335bffde983',X'0A2430316131666332642D383033332D373937632D626638342D646434643435353139656430121072756E2F44454D4F2F62617463685F311A2430316131666332642D386235302D376364302D386265352D36303037373839383263363120192801320134421073746174696F6E2E72756E5F737465704A08080110F880401801',20270,'2026-11-21 03:36:46.675541','2026-11-21 03:36:46.735973',0.053757,'completed','PASSED','{"output_voltage": 12.0009588}','{}',NULL,'[]','[]');
INSERT INTO "step_results" VALUES('01M7Y2V0NCBEDSK7TKH3AYEPQN:input_voltage:1','01M7Y2V0NCBEDSK7TKH3AYEPQN','input_voltage',1,1,1,1,1,'fad74d26fed173147b1c1335bffde983',X'0A2430316131666332642D383033332D373937632D626638342D646434643435353139656430121072756E2F44454D4F2F62617463685F311A2430316131666332642D386235302D376364302D386265352D363030373738393832633631201F2801320135421073746174696F6E2E72756E5F737465704A080801108981401801',20270,'2026-11-21 03:36:46.766874','2026-11-21 03:36:46.829187',0.054572,'completed','PASSED','{"input_voltage": 11.996429}','{}',NULL,'[]','[]');
INSERT INTO "step_results" VALUES('01M7Y2V0NCBEDSK7TKH3AYEPQN:rails:1','01M7Y2V0NCBEDSK7TKH3AYEPQN','rails',2,1,1,1,1,'fad74d26fed173147b1c1335bffde983',X'0A2430316131666332642D383033332D373937632D626638342D646434643435353139656430121072756E2F44454D4F2F62617463685F311A2430316131666332642D386235302D376364302D386265352D36303037373839383263363120252801320136421073746174696F6E2E72756E5F737465704A080801109A81401801',20270,'2026-11-21 03:36:46.857184','2026-11-21 03:36:46.917027',0.053007,'completed','PASSED','{"rail_5v0": 5.00287634, "rail_3v3": 3.29997185, "rail_1v8": 1.79892632}','{}',NULL,'[]','[]');
INSERT INTO "step_results" VALUES('01M7Y2V0NCBEDSK7TKH3AYEPQN:supply_current:1','01M7Y2V0NCBEDSK7TKH3AYEPQN','supply_current',3,1,1,1,1,'fad74d26fed173147b1c1335bffde983',X'0A2430316131666332642D383033332D373937632D626638342D646434643435353139656430121072756E2F44454D4F2F62617463685F311A2430316131666332642D386235302D376364302D386265352D363030373738393832633631202B2801320137421073746174696F6E2E72756E5F737465704A08080110AB81401801',20270,'2026-11-21 03:36:46.943783','2026-11-21 03:36:46.998918',0.051132,'completed','PASSED','{"supply_current": 0.119892731}','{}',NULL,'[]','[]');
INSERT INTO "step_results" VALUES('01M7Y2V0NCBEDSK7TKH3AYEPQN:ripple:1','01M7Y2V0NCBEDSK7TKH3AYEPQN','ripple',4,1,1,1,1,'fad74d26fed173147b1c1335bffde983',X'0A2430316131666332642D383033332D373937632D626638342D646434643435353139656430121072756E2F44454D4F2F62617463685F311A2430316131666332642D386235302D376364302D386265352D36303037373839383263363120312801320138421073746174696F6E2E72756E5F737465704A08080110BC81401801',20270,'2026-11-21 03:36:47.033455','2026-11-21 03:36:47.092105',0.053836,'completed','PASSED','{"ripple_5v0": 12.0809901, "ripple_3v3": 7.85069504, "ripple_1v8": 5.95279124}','{}',NULL,'[]','[]');
INSERT INTO "step_results" VALUES('01M7Y2V0NCBEDSK7TKH3AYEPQN:functional_check:1','01M7Y2V0NCBEDSK7TKH3AYEPQN','functional_check',5,1,1,1,1,'fad74d26fed173147b1c1335bffde983',X'0A2430316131666332642D383033332D373937632D626638342D646434643435353139656430121072756E2F44454D4F2F62617463685F311A2430316131666332642D386235302D376364302D386265352D36303037373839383263363120372801320139421073746174696F6E2E72756E5F737465704A08080110CD81401801',20270,'2026-11-21 03:36:47.119702','2026-11-21 03:36:47.178194',0.05346,'completed','PASSED','{"firmware": "OK 1.4.2", "serial": "SIM-0001"}','{}',NULL,'[]','[]');
INSERT INTO "step_results" VALUES('01M7Y2V0NCBEDSK7TKH3AYEPQN:power_down:1','01M7Y2V0NCBEDSK7TKH3AYEPQN','power_down',6,1,1,1,1,'fad74d26fed173147b1c1335bffde983',X'0A2430316131666332642D383033332D373937632D626638342D646434643435353139656430121072756E2F44454D4F2F62617463685F311A2430316131666332642D386235302D376364302D386265352D363030373738393832633631203E280132023130420F73746174696F6E2E636C65616E75704A08080110E581401801',20270,'2026-11-21 03:36:47.247369','2026-11-21 03:36:47.304039',0.052622,'completed','PASSED','{"output_after": 0.000487138545}','{}',NULL,'[]','[]');
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
INSERT INTO "sync_queue" VALUES(1,'wip_process','WIP-KR01PSA2511-001','start_process','{"item_id": "01M7Y2V0NCBEDSK7TKH3AYEPQN/start_process", "run_id": "01M7Y2V0NCBEDSK7TKH3AYEPQN", "batch": "batch_1", "action": "start_process", "wip": "WIP-KR01PSA2511-001", "process": 1, "operator": "5", "payload": {"started_at": "2026-11-21T03:36:45.672070+00:00"}, "auto_convert": false, "created_at": "2026-11-21T03:36:45.672070Z"}',1,NULL,'2026-11-21 03:36:45.935542','2026-11-21 03:36:46.153323','01M7Y2V0NCBEDSK7TKH3AYEPQN/start_process','01M7Y2V0NCBEDSK7TKH3AYEPQN','delivered');
INSERT INTO "sync_queue" VALUES(2,'wip_process','WIP-KR01PSA2511-001','complete_process','{"item_id": "01M7Y2V0NCBEDSK7TKH3AYEPQN/complete_process", "run_id": "01M7Y2V0NCBEDSK7TKH3AYEPQN", "batch": "batch_1", "action": "complete_process", "wip": "WIP-KR01PSA2511-001", "process": 1, "operator": "5", "payload": {"result": "PASS", "measurements": {"output_voltage": 12.0009588, "input_voltage": 11.996429, "rail_5v0": 5.00287634, "rail_3v3": 3.29997185, "rail_1v8": 1.79892632, "supply_current": 0.119892731, "ripple_5v0": 12.0809901, "ripple_3v3": 7.85069504, "ripple_1v8": 5.95279124, "firmware": "OK 1.4.2", "serial": "SIM-0001", "output_after": 0.000487138545, "cycle_time_ms": 1685}, "defects": [], "notes": "", "started_at": "2026-11-21T03:36:45.672070+00:00", "completed_at": "2026-11-21T03:36:47.356919+00:00"}, "auto_convert": true, "created_at": "2026-11-21T03:36:47.356919Z"}',1,NULL,'2026-11-21 03:36:47.356919','2026-11-21 03:36:47.565537','01M7Y2V0NCBEDSK7TKH3AYEPQN/complete_process','01M7Y2V0NCBEDSK7TKH3AYEPQN','delivered');
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
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('events',211);
INSERT INTO "sqlite_sequence" VALUES('sync_queue',13);
COMMIT;
