-- Made by expunge at commit 2693574, the last one without legal holds.
pragma application_id = 1162634343;
pragma user_version = 1;
CREATE TABLE about (origin text not null, vkey text not null) strict;
INSERT INTO "about" VALUES('expunge.test/version-2','expunge.test/version-2+7c7005b6+ASbtfx+CzgdV0EDN8pWf9W3KXIw2KPObzlau/11bkvbp');
CREATE TABLE checkpoint (size integer primary key, note text not null) strict;
INSERT INTO "checkpoint" VALUES(1,'expunge.test/version-2
1
6GZ70DCyKD8tb+31/Qcpl9uxHRqrLWVO2gF/vjlur4o=

— expunge.test/version-2 fHAFtsz58Cavws4Tcg4o5ibk2WpEZfaQPAHkvJ46SBnjNej1Wqa15BdAqlJBhxVctJC6MgP+O5FQcEyKLDOFv60wIQQ=
');
INSERT INTO "checkpoint" VALUES(2,'expunge.test/version-2
2
1l7JQESzyOHnNF0jIk0EEsXNJIQk2fg9yvH/bMR7xps=

— expunge.test/version-2 fHAFtv4k4+Vlzm+wmGVKOZzJ3XVMfC1COEp00ZiU5awa2diG1lnCK182gCh1cKMx1oN4Y4ZuH/RUV+nq6WSFOwMdnQk=
');
INSERT INTO "checkpoint" VALUES(3,'expunge.test/version-2
3
QAOIM+JGS3hHnjAtgr7Ds6oHJXUUhF18eAb8a9kMV1Y=

— expunge.test/version-2 fHAFtquRWj0qEoM4BH1BsxZ4BTuZ9CGlZVF74Mz1526tP7d3DHDnaWp1YAQKreNfs5xE5lpl7nDEqvNJtoEOi7o1Ewc=
');
INSERT INTO "checkpoint" VALUES(4,'expunge.test/version-2
4
24DQsuROHqQi8Zl0euSTNuRafnZZelgXsRkX0qiNXjc=

— expunge.test/version-2 fHAFtgSAz56Yv4sHvpCq+kziDgZFQ1n1xPT9GeRz19iQ+6zHVriF/kpXPK+hQ2BzvT90SWYWNGJRB9zKt9MttVXVoQQ=
');
INSERT INTO "checkpoint" VALUES(5,'expunge.test/version-2
5
D2kOrJIgw0CNSlb1hwsslUg2AG1vTl32X7idq6ZZs58=

— expunge.test/version-2 fHAFtj+ObdyW6If/AhX/B9le2YyMbAauzGVwob9BG+xtREQOF5OHRl4SWDt2BUKz6wjTAYW3T+xgXEaWbtvMKKH9oQ8=
');
INSERT INTO "checkpoint" VALUES(6,'expunge.test/version-2
6
cHfA7Q3MifXZLtjWxq35KAZIHDtgxEepDmEzPYt4AZA=

— expunge.test/version-2 fHAFtiPRLn5bKvxp0oDX2hzOhpRSh4QlsUqHY9EO7o53V0A/nPcSt30qa/tgFlUuekzHk+Qz+nh0VtYPKk95GTNjZAc=
');
INSERT INTO "checkpoint" VALUES(8,'expunge.test/version-2
8
To9liEVMvFrJlb3CACmDIgWjJWvOjIAz9JPIlzwPkUo=

— expunge.test/version-2 fHAFtljw2U5Dfq8Gxep9FmzpcRDxQy+H+cpCwUwjHOQE8iEH0qR6/v+dYcjLZScClp4WZ1t8jHuY92hreSSCVNRfkAA=
');
INSERT INTO "checkpoint" VALUES(9,'expunge.test/version-2
9
NDfeA3SMb9yx6LmBOFIXYMbBXxVZJ7pkrl4R5igczXM=

— expunge.test/version-2 fHAFtr1qtJXCpF1HP7DEmz9ZUXxopaF64KMAtkL7Dj+Ej8Vj2JFLx5TKUL+h5ooFV52EBwG+qafM3+MbjnzgtIdDuQA=
');
INSERT INTO "checkpoint" VALUES(10,'expunge.test/version-2
10
9zJ4SDbwzGudyCZB0NLjBOwly9pidldQuTWHEVKMfwU=

— expunge.test/version-2 fHAFtnKSkHxDi7MVmSsnhFVdHZd1ij4A6hqCsSQrsShdyHmzBkRg/9mBwTAiIDEItM+WL9y6Vxbth6xZoxXcXht28AU=
');
INSERT INTO "checkpoint" VALUES(11,'expunge.test/version-2
11
cHmcWsZ3mG4JsL1CTUDWRN5ZiEjRnooayZx3270PKhE=

— expunge.test/version-2 fHAFtm62DHANVAb7cmngDVQVthj22nVB96HwO5UIItE/Ny5wyWejPGqS2QEfkSbHnVXOTnjNZzBxcvsnO43oskJibwk=
');
INSERT INTO "checkpoint" VALUES(12,'expunge.test/version-2
12
SCVGNZm5aQOskfMfvLq2jDU144tp9kUdS2tMRupxAXI=

— expunge.test/version-2 fHAFtuLUsoredR8Th+FjSlTvxkvblsi8O/G/mavMBP+tuIZTUUeVysxAo7qQmSSePw17ggV9LKUYdWy2beffXMqF/AQ=
');
INSERT INTO "checkpoint" VALUES(15,'expunge.test/version-2
15
dT4YTtUOZTHPCQ5OVGwhXsTWOo5G2HqcZXT4oG3atyk=

— expunge.test/version-2 fHAFtid6NFP1cylLfhJNfI7/N68St1YsYyHgJTYonvlQLlDTsF+5ib47+M2TZss+dlOK5tsG7gXrB2NiYOdUv+a7CwM=
');
CREATE TABLE leaf (idx integer primary key, id text not null unique, leaf text not null, request text, core text, core_salt blob, link text, link_salt blob) strict;
INSERT INTO "leaf" VALUES(0,'R-2026-0001/received','erasure-ledger/leaf/v1
request.received
JWxe2MXwu4h6rfcL36gbXzKyAvFksU0DyNuNdHKEcq4=
4QDipiH/CKG4gjwIa/0vgl5YIYy4y6vHIoqvmiTMzYM=
','R-2026-0001','{"at":"2026-11-20T10:00:00.000Z","by":"a_bd49329295701dffdf3162dad427dc54","controller":"Harbour Tea Ltd","due_extended":"2027-02-22","due_legal":"2026-12-21","due_nominal":"2026-12-20","received":"2026-11-20","regime":"eu","request":"R-2026-0001","right":"erasure","subjects":1,"type":"request.received","v":1}',X'E8D494816073A5525F052D57DCC76D69DB8EA0C393B47F0DC2D9EB591C7E2634','{"epoch":1,"pseudonyms":["18e7eee48930419d6290e7a5d4859e6a3cd87257dfd6b7b4cf34b30e3e7092e5"],"v":1}',X'24E65C003290A31263E9FDB1222ADDC2ADC524DC5292F40D4F7362B0C855B709');
INSERT INTO "leaf" VALUES(1,'R-2026-0002/received','erasure-ledger/leaf/v1
request.received
U62cT7bDeH/zIcmdK/Y2aF2j1WYaB5R16jxrnz3YIgU=
lM77Dq+bwJr47ZJrVKPCMbrE0LdAtL6U/TPYe5Y6Fww=
','R-2026-0002','{"at":"2026-11-20T10:00:00.000Z","by":"a_bd49329295701dffdf3162dad427dc54","controller":"Harbour Tea Ltd","due_extended":"2027-02-22","due_legal":"2026-12-21","due_nominal":"2026-12-20","received":"2026-11-20","regime":"eu","request":"R-2026-0002","right":"erasure","subjects":1,"type":"request.received","v":1}',X'699ED647989F3A87DBC55AB240D48D0BBAA0AE7399775CFCDD6C98EEE1B54610','{"epoch":1,"pseudonyms":["bb4b11f44b0a8c7b226e55bbef353ba283aec2f2dd25d957b108c1bb9948031a"],"v":1}',X'93BE837460C28C1D2502934C5ADEBD145BEAD3DCAA9EFC5F4F2D34653A658303');
INSERT INTO "leaf" VALUES(2,'R-2026-0003/received','erasure-ledger/leaf/v1
request.received
4glBZ7/YJIg/AVkRh+45pKfOpxoprVZW4Fjf3yz6qog=
laWqTGAJyWnEsQl+5wi7Tap3XfCb+KcvevV5wJxRbTY=
','R-2026-0003','{"at":"2026-11-20T10:00:00.000Z","by":"a_bd49329295701dffdf3162dad427dc54","controller":"Harbour Tea Ltd","due_extended":"2027-02-22","due_legal":"2026-12-21","due_nominal":"2026-12-20","received":"2026-11-20","regime":"eu","request":"R-2026-0003","right":"erasure","subjects":1,"type":"request.received","v":1}',X'CC9C859B4F6544C89ABCAE7AE1004B4BAC55C64737BBA10D542547951DABB69C','{"epoch":1,"pseudonyms":["628def30e0cf47533b4a53de9e1646e810a621dba12ce41aea9c6b6081e0f99c"],"v":1}',X'E7E3459D2721ACDE47CE3C456038C943A2D35E96F2B1DD39AF9CFD34EF2DC168');
INSERT INTO "leaf" VALUES(3,'R-2026-0001/identity.verified/6db684b0-7193-4c5c-8404-87d741fbe281','erasure-ledger/leaf/v1
identity.verified
C1Ke2tTWilwbawOTEJ6xS+GK7dyzFNPYOj2xhpXAz20=
SXGE1jPnWIBjyEb+xXS2whpiIG/vxnCjXBmr8RaPmRc=
','R-2026-0001','{"at":"2026-11-20T10:00:00.000Z","by":"a_bd49329295701dffdf3162dad427dc54","method":"letter","request":"R-2026-0001","result":"ok","type":"identity.verified","v":1}',X'82643B27681D9AF864E04F0722B8DDA997718DE7181CF65AEC93624F628B5843',NULL,NULL);
INSERT INTO "leaf" VALUES(4,'R-2026-0002/identity.verified/a9501784-8f4a-43d8-8ef0-aca2a0f43665','erasure-ledger/leaf/v1
identity.verified
NrH5q3n/dtjAGG4QqJemCGnJaryuwjAZg+lvnVui2JU=
27oeFFSENlL02nZDazs6cRCiRk/5lg30DG4Dgp8aK88=
','R-2026-0002','{"at":"2026-11-20T10:00:00.000Z","by":"a_bd49329295701dffdf3162dad427dc54","method":"letter","request":"R-2026-0002","result":"ok","type":"identity.verified","v":1}',X'CC551C15B3A3F2BBF8CCCDACD2CA7608CD26F33289A25A410F8861B5DD96F6B4',NULL,NULL);
INSERT INTO "leaf" VALUES(5,'R-2026-0003/identity.verified/5210b961-1abf-414a-8cdc-39b2a32e374e','erasure-ledger/leaf/v1
identity.verified
vlTbHyaeQy8pf4zfAuxw3/2PFqI3OZEQpcKaKbgRZHY=
ejeYQGcFJXh3hDL6QWolmmzou+fLXVjKJ83YLPWULS8=
','R-2026-0003','{"at":"2026-11-20T10:00:00.000Z","by":"a_bd49329295701dffdf3162dad427dc54","method":"letter","request":"R-2026-0003","result":"ok","type":"identity.verified","v":1}',X'3CEF810D77CB0040D7928E25D4138450E941564206B20B44DCCEE9EEB6D9F1AB',NULL,NULL);
INSERT INTO "leaf" VALUES(6,'policy/c3f86844c689212955a97b00691f3a643027d7791d931a3d26a3cddc169797e8','erasure-ledger/leaf/v1
policy.changed
I1It87HT8MrLbfippOYe6gH8bkWjH6undHNjM0ZhmgQ=
Xp8nB6Fhp4xrKpRg3CHukWBNgtlSZGoEPR//3LBorE8=
',NULL,'{"at":"2026-11-20T10:00:00.000Z","by":"a_bd49329295701dffdf3162dad427dc54","map_digest":"c3f86844c689212955a97b00691f3a643027d7791d931a3d26a3cddc169797e8","type":"policy.changed","v":1}',X'962E0D93FB03F8483B408293080E2D7A4C893612195D4798F267396BAA13F2E2',NULL,NULL);
INSERT INTO "leaf" VALUES(7,'R-2026-0002/P-0002/decision/2026-11-20T10:00:00.000Z','erasure-ledger/leaf/v1
decision
RDLa+1IN5kwLmY1mOER+iXag9ZFpbu4KI8jJy9DFi4c=
vJ0HldSrSnfDTpwZO8/rWwXR3EgmCkLGk7bQuNXw0DE=
','R-2026-0002','{"approver":"a_bd49329295701dffdf3162dad427dc54","at":"2026-11-20T10:00:00.000Z","decision":"partial","exceptions":["art17-3-b"],"map_digest":"c3f86844c689212955a97b00691f3a643027d7791d931a3d26a3cddc169797e8","plan":"P-0002","plan_digest":"a407f1defa268d5e98a2d8f22885555a8af286444efcf3d3fdc60ea75d141035","request":"R-2026-0002","rules_digest":"a37eb70db5569e28bff6f4dca7b049f47be010f8b640df53c00cc200b7194863","type":"decision","v":1}',X'28CF7D73146C2A19C606C2A275C597B9CB9FFE6F095A0F1054D3696AB7F1BE4D',NULL,NULL);
INSERT INTO "leaf" VALUES(8,'R-2026-0003/P-0003/decision/2026-11-20T10:00:00.000Z','erasure-ledger/leaf/v1
decision
IMGZV+bx0xdgJc3FSrRrBGi1u9Ux2tXLG+46fZe9kRg=
WdxDkW4vPzC7rHeSl/nWYk3n8HZyCC8OuSpDRtvh7Xk=
','R-2026-0003','{"approver":"a_bd49329295701dffdf3162dad427dc54","at":"2026-11-20T10:00:00.000Z","decision":"partial","exceptions":["art17-3-b"],"map_digest":"c3f86844c689212955a97b00691f3a643027d7791d931a3d26a3cddc169797e8","plan":"P-0003","plan_digest":"b22c5c35c3d1366f6a529c680f4aaaa976f5b992e2a2d2fbcf391be2c19080aa","request":"R-2026-0003","rules_digest":"a37eb70db5569e28bff6f4dca7b049f47be010f8b640df53c00cc200b7194863","type":"decision","v":1}',X'617B67951AB8D87086AA32310E08391B71016F7282B94C01F6B10B7E84A07109',NULL,NULL);
INSERT INTO "leaf" VALUES(9,'R-2026-0003/P-0003/started','erasure-ledger/leaf/v1
erasure.started
I4o0Us21XTb3GqS7yk+iyPxPcsXBIrYrJd+yJu94+kM=
X2rBgVGjmzlEccLqmRcBiBBjwDYISrzDnNRS/e6PdzU=
','R-2026-0003','{"at":"2026-11-20T10:00:00.000Z","by":"a_bd49329295701dffdf3162dad427dc54","day":"2026-11-20","plan":"P-0003","plan_digest":"b22c5c35c3d1366f6a529c680f4aaaa976f5b992e2a2d2fbcf391be2c19080aa","request":"R-2026-0003","steps":[{"act":1,"blocked":0,"found":1,"kept":0,"operation":"remove-rows","record":"lists","status":"deleted","step":"S1","system":"share","waiting":0},{"act":0,"blocked":0,"found":1,"kept":1,"operation":"keep","reason":"retention","record":"invoices","status":"kept","step":"S2","system":"share","waiting":0}],"type":"erasure.started","v":1}',X'8D5CF73C76EBF1C2F2C42784AD19356C8F7D69C9BFC0F0E949B6B816EA0858B1',NULL,NULL);
INSERT INTO "leaf" VALUES(10,'R-2026-0003/P-0003/S1/1','erasure-ledger/leaf/v1
target.result
yZND1ixGbyEnNWsVz6WnFaup6zv5KQQxC7Wpft8MG60=
vdpMwpeMYSSKTPlVQwiY+pA+LfoPvx4VzfjmfqAnVVc=
','R-2026-0003','{"affected":1,"already_gone":0,"attempt":1,"blocked":0,"changed":0,"connector":"files@0.1.0","deleted":1,"failed":0,"finished":"2026-11-20T10:00:00.000Z","found":1,"gaps":[],"gone":1,"kept":0,"law":[],"matched":1,"minimised":0,"operation":"remove-rows","own":0,"plan_digest":"b22c5c35c3d1366f6a529c680f4aaaa976f5b992e2a2d2fbcf391be2c19080aa","record":"lists","request":"R-2026-0003","residue":[{"gone_by":null,"mechanism":"media"}],"started":"2026-11-20T10:00:00.000Z","status":"deleted","step":"S1","system":"share","type":"target.result","v":1,"verification":{"at":"2026-11-20T10:00:00.000Z","method":"requery","residual":0},"waiting":0}',X'CBDFD13877DC786BD4203653F3D75081CC9A3C11806183C33E4B15398662C71E',NULL,NULL);
INSERT INTO "leaf" VALUES(11,'R-2026-0003/P-0003/S2/1','erasure-ledger/leaf/v1
target.result
FElcPkd2oU4uuuchVVEWm2uQbyvgPg7nUOp7R/3z5sc=
h3hZWM+ZAuP9zE/34IO+1vyEdK5clqFQBNOlVM41nOs=
','R-2026-0003','{"affected":0,"already_gone":0,"attempt":1,"blocked":0,"changed":0,"connector":"files@0.1.0","deleted":0,"failed":0,"finished":"2026-11-20T10:00:00.000Z","found":1,"gaps":[],"gone":0,"kept":1,"law":["§ 147 AO"],"matched":0,"minimised":0,"operation":"keep","own":0,"plan_digest":"b22c5c35c3d1366f6a529c680f4aaaa976f5b992e2a2d2fbcf391be2c19080aa","reason":"retention","record":"invoices","request":"R-2026-0003","residue":[],"restricted":false,"started":"2026-11-20T10:00:00.000Z","status":"kept","step":"S2","system":"share","type":"target.result","until":"2056-02-05","v":1,"waiting":0}',X'9F501A287F4E4AB616516EC6A4075D1055EB8FF44B94559BC56CD129CE1A0459',NULL,NULL);
INSERT INTO "leaf" VALUES(12,'R-2026-0003/P-0003/verification/6486fd28-8e87-4659-bcd0-cd241f02bc83','erasure-ledger/leaf/v1
verification
tqlISGk79JqFFOs+SUgmKfIA67XPmuoLjoTABC5lulw=
UDWYvvbTsUnlqtO7W2cDoLC3yTHfOTeU+3XHirSSDR8=
','R-2026-0003','{"at":"2026-11-20T10:00:00.000Z","by":"a_bd49329295701dffdf3162dad427dc54","checks":[{"at":"2026-11-20T10:00:00.000Z","method":"requery","record":"lists","residual":0,"result":"pass","system":"share"},{"at":"2026-11-20T10:00:00.000Z","method":"requery","reason":"retention","record":"invoices","residual":0,"result":"pass","system":"share"}],"day":"2026-11-20","exit":0,"gaps":[],"plan_digest":"b22c5c35c3d1366f6a529c680f4aaaa976f5b992e2a2d2fbcf391be2c19080aa","request":"R-2026-0003","residual":0,"residue":[{"gone_by":null,"mechanism":"media","system":"share"}],"state":"closed","type":"verification","v":1}',X'28E32ACF51B7FA0ABE4899285641F00972864AFAA80C549BB8629FB9EC1504CB',NULL,NULL);
INSERT INTO "leaf" VALUES(13,'R-2026-0003/P-0003/completed','erasure-ledger/leaf/v1
erasure.completed
tx7LGeTpCrOSjnRFVdUGM8PywcKpFtGsLHxZvvPYuao=
UJI1g9fsIuGGo58bXHcM16zxp3tDXyMNlACgpcVJUiY=
','R-2026-0003','{"at":"2026-11-20T10:00:00.000Z","by":"a_bd49329295701dffdf3162dad427dc54","day":"2026-11-20","exit":0,"plan_digest":"b22c5c35c3d1366f6a529c680f4aaaa976f5b992e2a2d2fbcf391be2c19080aa","request":"R-2026-0003","residual":0,"residue":[{"gone_by":null,"mechanism":"media","system":"share"}],"state":"closed","totals":{"blocked":0,"change":0,"erase":1,"failed":0,"keep":1,"nothing":0,"wait":0},"type":"erasure.completed","v":1}',X'F332BBA91D2B3289B185EB6AA81F5A74F470560727B223A13B7666E6C2B21F7F',NULL,NULL);
INSERT INTO "leaf" VALUES(14,'R-2026-0003/key.destroyed','erasure-ledger/leaf/v1
key.destroyed
lfIw04UFPy5/oZqEeBi4tWL3KnIBAu8JX1GZ+I1keaM=
4Q+jckYYhy4Wd8ySsqjZH1XY+ZL0SBFvMtNsTTkr46M=
','R-2026-0003','{"at":"2026-11-20T10:00:00.000Z","request":"R-2026-0003","type":"key.destroyed","v":1,"what":"sealed_keys"}',X'2C8D4D48C303ED3DD639C07A3D74B8D6F872D09C96291CBAFF427548933D4AB0',NULL,NULL);
CREATE TABLE node (level integer not null, idx integer not null, hash blob not null, primary key (level, idx)) strict;
INSERT INTO "node" VALUES(0,0,X'E8667BD030B2283F2D6FEDF5FD072997DBB11D1AAB2D654EDA017FBE396EAF8A');
INSERT INTO "node" VALUES(0,1,X'3C3B2080FF5E201E2B72539FA07E6B0BE370260C19465B5308D38840226B488F');
INSERT INTO "node" VALUES(1,0,X'D65EC94044B3C8E1E7345D23224D0412C5CD248424D9F83DCAF1FF6CC47BC69B');
INSERT INTO "node" VALUES(0,2,X'37DB07FB8E3009B8DA8E86C1686622F3BF012C835711908FB64613671368B66E');
INSERT INTO "node" VALUES(0,3,X'8831107EA7C294612E59823DA6655C82EBF251DD995D0CBCF75B6E2830890EC2');
INSERT INTO "node" VALUES(1,1,X'34F93A46EB99339CB1F8AC9B82F2F9AC4E0646A5260D8B3A9003C9531FAEEC81');
INSERT INTO "node" VALUES(2,0,X'DB80D0B2E44E1EA422F199747AE49336E45A7E76597A5817B11917D2A88D5E37');
INSERT INTO "node" VALUES(0,4,X'A4410BF9EB87490049BE01C18B4A9BE8064CAB2C4477EC7E5C66A9DEDD84AE06');
INSERT INTO "node" VALUES(0,5,X'D8FB129D5009EFFED8F4ECDDB802250E509AF86646AF810CC1E4DFB69468C1E6');
INSERT INTO "node" VALUES(1,2,X'557DFB41053A2D0C1DD3CAD5FB026845D87EBAB85937588F009FE7AE4E6AA8BE');
INSERT INTO "node" VALUES(0,6,X'34D2315EDAE584DE97ED4356C30E6E99723D6A53BB36F4844477A4219599C880');
INSERT INTO "node" VALUES(0,7,X'44A2C97B6661B5EC97E71B647DC0B8732808229DBD2FAFCD14AD1DA61ED9700D');
INSERT INTO "node" VALUES(1,3,X'878D64F8F4276EB4FDD68E9DF8A3750CB4AD290CB8DDE3F32F1B93ACC4FEB412');
INSERT INTO "node" VALUES(2,1,X'0376FC0E19251768A3617E161C5F75117614C63C069FEAD533522B67F85EE773');
INSERT INTO "node" VALUES(3,0,X'4E8F6588454CBC5AC995BDC20029832205A3256BCE8C8033F493C8973C0F914A');
INSERT INTO "node" VALUES(0,8,X'F7ECB6C1E54F137DC668119F061115EF98AAE12D1896E983DD6F69C0E82E1A6A');
INSERT INTO "node" VALUES(0,9,X'E81F554636A8E3D902D7DA6D7FC0B20C4CA2B610CECBB49B917FECC7FD6EE192');
INSERT INTO "node" VALUES(1,4,X'EA9D1AE92A5B20CF856EF81F77C10C8C4095AE599B426C39F7D4C4A51C08533F');
INSERT INTO "node" VALUES(0,10,X'7F5B932D8A7174B5489FBC2C92CF6053EDC037D6409A0A3F1FD9F49B2D356D3F');
INSERT INTO "node" VALUES(0,11,X'98DC4967A6B549730AB9CF990E6A007E45B7383F95D0E312F71A392BC8371B7A');
INSERT INTO "node" VALUES(1,5,X'86447ADE7017CA5DFAECA6CEFCB51E68BF0D086F96AB112100F65F65A2151643');
INSERT INTO "node" VALUES(2,2,X'EE6AD1FF83AF9C4FC3EE388703D87CAE07B916484FAE57A5092907AABDAA8D3A');
INSERT INTO "node" VALUES(0,12,X'83C5F07F30CA95BFAB114F92D6C4040ACC5F3D6EE8547DEC1F048FAFD6A8AFAF');
INSERT INTO "node" VALUES(0,13,X'3B02D7673991A180DFE7F4DC826126C1370041477FDC932311D38AB57592C663');
INSERT INTO "node" VALUES(1,6,X'C58938B5D4ADBFC9B4EE989569DD72091C0C687820432276F396C8836FE6AC14');
INSERT INTO "node" VALUES(0,14,X'9961CDE5B0294AFCA1895FDDE9BE77CAA16AF6A37AA5ED81312DE5EEC4AD548F');
CREATE INDEX leaf_request on leaf (request, idx);
CREATE TRIGGER leaf_stays before delete on leaf begin select raise(abort, 'leaf rows are never deleted'); end;
CREATE TRIGGER leaf_is_fixed before update of idx, id, leaf on leaf begin select raise(abort, 'leaf rows never change'); end;
CREATE TRIGGER node_stays before delete on node begin select raise(abort, 'node rows are never deleted'); end;
CREATE TRIGGER node_is_fixed before update of level, idx, hash on node begin select raise(abort, 'node rows never change'); end;
CREATE TRIGGER checkpoint_stays before delete on checkpoint begin select raise(abort, 'checkpoint rows are never deleted'); end;
CREATE TRIGGER checkpoint_is_fixed before update of size, note on checkpoint begin select raise(abort, 'checkpoint rows never change'); end;
