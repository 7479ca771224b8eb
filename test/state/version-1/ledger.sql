-- Made by expunge 0.1.0 (commit b902793), as its files were after some requests and some kills.
pragma application_id = 1162634343;
pragma user_version = 1;
CREATE TABLE about (origin text not null, vkey text not null) strict;
insert into about values ('example.org/erasures', 'example.org/erasures+301a0185+ARt8DPOO1kVgiOHb5J4XOVvXLH38BUtQJ75RUgqOGYyg');
CREATE TABLE leaf (idx integer primary key, id text not null unique, leaf text not null, request text, core text, core_salt blob, link text, link_salt blob) strict;
insert into leaf values (0, 'R-2026-0001/received', 'erasure-ledger/leaf/v1
request.received
ADkQ487aL4Yqzw1Inxd06DZ06f0za6Tz/HztQTsrH8E=
qElMHHzxAEKeKwlOcWhbpvPHzH3on1zEsm8Erh7dAq4=
', 'R-2026-0001', '{"at":"2026-11-20T10:00:00.000Z","by":"a_2e4a27487a16e6e894dcb1484500750e","controller":"Harbour Tea Ltd","due_extended":"2027-02-20","due_legal":"2026-12-21","due_nominal":"2026-12-20","received":"2026-11-20","regime":"eu","request":"R-2026-0001","right":"erasure","subjects":1,"type":"request.received","v":1}', x'1867a02f57c12972bb112243b793868a2db35a33f652caa82688044686b32176', '{"epoch":1,"pseudonyms":["71abd7ebaec9079cc6d3297155d2b46c0265a5b2d081d4cecc058cab88728f63"],"v":1}', x'a04b29e44f51a9568a84d04b09b6fd3c6a6f1c5ad70eb9fd3fa66845732846e2');
insert into leaf values (1, 'R-2026-0002/received', 'erasure-ledger/leaf/v1
request.received
GWS0sHz0ag6xljoN35P69+KQXaYlHsnKhluEirztNxk=
Sh3L/zujnCPcPvxQgviD36xX9EngQdVUYjh2nML7fcI=
', 'R-2026-0002', '{"at":"2026-11-20T10:00:00.000Z","by":"a_2e4a27487a16e6e894dcb1484500750e","controller":"Harbour Tea Ltd","due_extended":"2027-02-20","due_legal":"2026-12-21","due_nominal":"2026-12-20","received":"2026-11-20","regime":"eu","request":"R-2026-0002","right":"erasure","subjects":1,"type":"request.received","v":1}', x'd615ab5f537ffec806bbd364b2b1ea40e5d830dd6fa9291bb2294a5605162c08', '{"epoch":1,"pseudonyms":["7f19350965ee27f45c21423644f64e8c17616f693eda83d17cf5517618918607"],"v":1}', x'bb658d57099aa53d79e8ae951a3896d267260e4534ac7abcd6121b1f7730c158');
insert into leaf values (2, 'R-2026-0003/received', 'erasure-ledger/leaf/v1
request.received
rQ954YJpQfOEfaZ/jzUHkVd1lJtJ61PbKlJT3lPQj/8=
KA+6kl0zBmt+qui0IPOdTMTyWMceo8EOTsMKZgfAop0=
', 'R-2026-0003', '{"at":"2026-11-20T10:00:00.000Z","by":"a_2e4a27487a16e6e894dcb1484500750e","controller":"Harbour Tea Ltd","due_extended":"2027-02-20","due_legal":"2026-12-21","due_nominal":"2026-12-20","received":"2026-11-20","regime":"eu","request":"R-2026-0003","right":"erasure","subjects":1,"type":"request.received","v":1}', x'c00bed8e50c4fdbc988e3369c70b4353533b4621e40dd7c9f27310bcb0701ac5', '{"epoch":1,"pseudonyms":["8c4a45961230f266344274d2ade3b95494bd98b1782ed9217a1ff2de859f3d30"],"v":1}', x'ac462e28559e1d806221c464319450eb1fec86668a6f27df7d0b52bb9f70ebb6');
insert into leaf values (3, 'R-2026-0004/received', 'erasure-ledger/leaf/v1
request.received
5Tv9kE8OFAdUG5cIZj+QV0wdmAvSyH3BOl3TVFPN+rU=
SOT0FtdKfAeex8C0ThThGXVrKfAHPhSuou4gmJ7IfZM=
', 'R-2026-0004', '{"at":"2026-11-20T10:00:00.000Z","by":"a_2e4a27487a16e6e894dcb1484500750e","controller":"Harbour Tea Ltd","due_extended":"2027-02-20","due_legal":"2026-12-21","due_nominal":"2026-12-20","received":"2026-11-20","regime":"eu","request":"R-2026-0004","right":"erasure","subjects":1,"type":"request.received","v":1}', x'7e40bc629950109d77cdfcac7ba7b013a81b10449283ee20231129b991410bb3', '{"epoch":1,"pseudonyms":["14f1eec98970a1b9a6bbaf5e158998b89eee07aa7e6bdad6c89cdc1395349286"],"v":1}', x'5455f14705bab24c11b0618391aafb9e229109e3a1ffc20bbb8a9ab94df7544c');
insert into leaf values (4, 'R-2026-0005/received', 'erasure-ledger/leaf/v1
request.received
b5Hx91vVVa2CobI9KnndNsdnrAOCmiB7MvpPRObw2vs=
Rk86kaST/qcVg3/AFiF/Hejuk5qzenzYxtPjJochnfg=
', 'R-2026-0005', '{"at":"2026-11-20T10:00:00.000Z","by":"a_2e4a27487a16e6e894dcb1484500750e","controller":"Harbour Tea Ltd","due_extended":"2027-02-20","due_legal":"2026-12-21","due_nominal":"2026-12-20","received":"2026-11-20","regime":"eu","request":"R-2026-0005","right":"erasure","subjects":1,"type":"request.received","v":1}', x'e339ba94562cc6ad44fe44999b6bf2de7d9668a114accf5a65d9613a46e87b84', '{"epoch":1,"pseudonyms":["bb98b11d296912d5aa185ea8f0d5dd28fa641da1b7406c18b6972807f069ee26"],"v":1}', x'a37b95c42dcfb45ff26f1d0fc51989b4dd8b69315202f5134fc8ae54a35af493');
insert into leaf values (5, 'R-2026-0006/received', 'erasure-ledger/leaf/v1
request.received
JuGlUxUqk8KQ6YBFUS2t/RyrD18Di78KIk4XhUI3GcE=
KZhryFm+ctiald5kESszU5lWUkCb1DFH9CaZh7zzbi0=
', 'R-2026-0006', '{"at":"2026-11-20T10:00:00.000Z","by":"a_2e4a27487a16e6e894dcb1484500750e","controller":"Harbour Tea Ltd","due_extended":"2027-02-20","due_legal":"2026-12-21","due_nominal":"2026-12-20","received":"2026-11-20","regime":"eu","request":"R-2026-0006","right":"erasure","subjects":1,"type":"request.received","v":1}', x'4f585b1b62815080551b5ec59fe3e7b40cc42de3240478ce4c417673d16e4e94', '{"epoch":1,"pseudonyms":["2af1546b2870462c41818189f9889adce8dc46ce00a7c9712c59e12c3ddd0a2c"],"v":1}', x'79b1d543c9ea08c6526157c76c73c5041297f1c1c064b507d741c06f4a5e0d05');
insert into leaf values (6, 'R-2026-0007/received', 'erasure-ledger/leaf/v1
request.received
ySPIwHmiawGHBWB3BGLuEli5en6ApOtDsdoepKy6ReI=
gNfsf2lDmD1bs9yCpJZjlX6yztScvZRh5VZGjNRoJHE=
', 'R-2026-0007', '{"at":"2026-11-20T10:00:00.000Z","by":"a_2e4a27487a16e6e894dcb1484500750e","controller":"Harbour Tea Ltd","due_extended":"2027-02-20","due_legal":"2026-12-21","due_nominal":"2026-12-20","received":"2026-11-20","regime":"eu","request":"R-2026-0007","right":"erasure","subjects":1,"type":"request.received","v":1}', x'59c7d9fd3bc633bb6707145a555af434fbac191a8d21201c9c47dbab6479d8b6', '{"epoch":1,"pseudonyms":["b732592e842a75b2392d578ef05e9b0b13c1ce155f6c2510206ac3057e262d88"],"v":1}', x'5b8c81f68e5ec9c94864bde5af2abde8971ef623387511fed0690301dfd123ca');
insert into leaf values (7, 'R-2026-0008/received', 'erasure-ledger/leaf/v1
request.received
RspmHvlwOOxd1HMa+KBqcvTCmFJV4hejb3SsMQDwUBs=
pZIC3c3eXNep+GFHM3EoXPOuvXL0Bu0Xbs371lpfPFc=
', 'R-2026-0008', '{"at":"2026-11-20T10:00:00.000Z","by":"a_2e4a27487a16e6e894dcb1484500750e","controller":"Harbour Tea Ltd","due_extended":"2027-02-20","due_legal":"2026-12-21","due_nominal":"2026-12-20","received":"2026-11-20","regime":"eu","request":"R-2026-0008","right":"erasure","subjects":1,"type":"request.received","v":1}', x'd1df022bae757443725e4a1da56a5407c1f2f404d9874813c04596fbf5e3c75b', '{"epoch":1,"pseudonyms":["1db781b5e128728b59d937c3d2a8aab7e5551d6ecf887a370bf1ae5a62284c6d"],"v":1}', x'bbd9a31c07edf3f609be830aac62ca73a5274fa4ba26f6e542345bd478f595d8');
insert into leaf values (8, 'R-2026-0009/received', 'erasure-ledger/leaf/v1
request.received
a83N7ySPrsofQTsYqZQ06e1SlsT9wy0+aXnH7f9P/FM=
HSAzapDhthxYmhBGsaLWzgmsS/VXgfDSUd5enjJL0bA=
', 'R-2026-0009', '{"at":"2026-11-20T10:00:00.000Z","by":"a_2e4a27487a16e6e894dcb1484500750e","controller":"Harbour Tea Ltd","due_extended":"2027-02-20","due_legal":"2026-12-21","due_nominal":"2026-12-20","received":"2026-11-20","regime":"eu","request":"R-2026-0009","right":"erasure","subjects":1,"type":"request.received","v":1}', x'00b9c974acb5d3e360282eef4eb7227e62b4b5bec88f6ab1ab3ab248afbdff33', '{"epoch":1,"pseudonyms":["ccf512465b3a7473164b895754e29794e2809dfc195b472da0cfbeea2436b6a2"],"v":1}', x'c78dee52e6de7d884419d724d40c5928ab118dd4fb708f2c7e540e8b7f5cc9f8');
insert into leaf values (9, 'R-2026-0002/identity/2026-11-20T10:00:00.000Z', 'erasure-ledger/leaf/v1
identity.verified
Dp4rew0XHEfUCkUn6znbrEiA9qcUjUrdPQda6YdE7Gg=
U+mYwNnqJHRXwQPtX9wNrFRtAIdoEbVBsXPjocnj0D8=
', 'R-2026-0002', '{"at":"2026-11-20T10:00:00.000Z","by":"a_2e4a27487a16e6e894dcb1484500750e","method":"letter","request":"R-2026-0002","result":"ok","type":"identity.verified","v":1}', x'6506bf2b8a21b9887118b7434e8ae889a0f561838ec2113bd2a8c1cb7d3c5e67', null, null);
insert into leaf values (10, 'R-2026-0003/identity/2026-11-20T10:00:00.000Z', 'erasure-ledger/leaf/v1
identity.verified
ISzu0csb2oLBPVBrgkF4VgfarBcsd96JI6iawBXcB60=
ccehpKjn142NZg+oqxHAep/CCev/mBAX3Cifq+pR78I=
', 'R-2026-0003', '{"at":"2026-11-20T10:00:00.000Z","by":"a_2e4a27487a16e6e894dcb1484500750e","method":"letter","request":"R-2026-0003","result":"ok","type":"identity.verified","v":1}', x'f12a78c9d86f5642bcb01720628bafdda8c6b99f510010b9d962f768278af8b1', null, null);
insert into leaf values (11, 'R-2026-0004/identity/2026-11-20T10:00:00.000Z', 'erasure-ledger/leaf/v1
identity.verified
ktnAI3ZbrKW4nq4wvjlCIfTVxlHHjRHQLbpTG8ZJBDI=
vryhn7XoDK+rQjleoI/4NyMAzKVlzEVvW5jAUbVPIu8=
', 'R-2026-0004', '{"at":"2026-11-20T10:00:00.000Z","by":"a_2e4a27487a16e6e894dcb1484500750e","method":"letter","request":"R-2026-0004","result":"ok","type":"identity.verified","v":1}', x'36cbc5f72e38098989afaf2465c50263614a07fa3580b315431e323686be3223', null, null);
insert into leaf values (12, 'R-2026-0005/identity/2026-11-20T10:00:00.000Z', 'erasure-ledger/leaf/v1
identity.verified
N4cR/BHUgjsytIj3YYfK7BtSQsJ6Lm8tTlwkXEgSle0=
2A5xOehtmS5FiQAZLt3QZDD6c0bLQiTXK2WL6mSRhBk=
', 'R-2026-0005', '{"at":"2026-11-20T10:00:00.000Z","by":"a_2e4a27487a16e6e894dcb1484500750e","method":"letter","request":"R-2026-0005","result":"ok","type":"identity.verified","v":1}', x'16b6a22db318d4f7e8ed150e64ce0773ba68eca1e94320c1d030b64a11bf8ef6', null, null);
insert into leaf values (13, 'R-2026-0006/identity/2026-11-20T10:00:00.000Z', 'erasure-ledger/leaf/v1
identity.verified
o34Qn/ypVmLh8jbo/5BAbQO24r8qN0pWdIuaUAfK+Dw=
fbHYeS+ZE3Jvbynoadu96dC8VFHzDKGPKVMqXZpK5jg=
', 'R-2026-0006', '{"at":"2026-11-20T10:00:00.000Z","by":"a_2e4a27487a16e6e894dcb1484500750e","method":"letter","request":"R-2026-0006","result":"ok","type":"identity.verified","v":1}', x'1bb30594bb6bba8450c9027fcf37d213dab9a80c4a0c86aa08d14ad09ac0ac8e', null, null);
insert into leaf values (14, 'R-2026-0007/identity/2026-11-20T10:00:00.000Z', 'erasure-ledger/leaf/v1
identity.verified
DslN8GuIFFe4Hc3fE2+UXJEK93rbSUALIzji+fWj8JI=
ExywZ/pC0fIzSsbjPq48zwlfD0LOY/XO6MQpZH/uXkU=
', 'R-2026-0007', '{"at":"2026-11-20T10:00:00.000Z","by":"a_2e4a27487a16e6e894dcb1484500750e","method":"letter","request":"R-2026-0007","result":"ok","type":"identity.verified","v":1}', x'da0b5b0f1fbed43127dcec4a65fa979b141ebf2faacc450e17abdc7dbe1df90f', null, null);
insert into leaf values (15, 'R-2026-0008/identity/2026-11-20T10:00:00.000Z', 'erasure-ledger/leaf/v1
identity.verified
7BDZh2ImAE/cSvSL8Uu8CETJFHqCDOk2V6z5ng+05u4=
m5o4Zz4EWT1c1lJcJiTExppJxjDBicMjDp3120gRwkg=
', 'R-2026-0008', '{"at":"2026-11-20T10:00:00.000Z","by":"a_2e4a27487a16e6e894dcb1484500750e","method":"letter","request":"R-2026-0008","result":"ok","type":"identity.verified","v":1}', x'9204a1afe4756adb90d6ab74b4e9a344be5401e0101e088d05ec9adf9c80827d', null, null);
insert into leaf values (16, 'R-2026-0009/identity/2026-11-20T10:00:00.000Z', 'erasure-ledger/leaf/v1
identity.verified
XYGysf3sKxEdSRSjiY6pykY3pXf7t1uPf//n/eX1520=
umYfdUdJa/ctFggc9NR/wYQIDLn8hxQm5wWFumANPTs=
', 'R-2026-0009', '{"at":"2026-11-20T10:00:00.000Z","by":"a_2e4a27487a16e6e894dcb1484500750e","method":"letter","request":"R-2026-0009","result":"ok","type":"identity.verified","v":1}', x'4a070fba93442174361dc8bc2315730fc10bc8586d30d598834f176cfa72f503', null, null);
insert into leaf values (17, 'policy/a198cd6c1ed60e14b298fa9b0f62aefd85d68a5cf0d1bcdd384a0bd4c933d16b', 'erasure-ledger/leaf/v1
policy.changed
pW253GzpkK27ZIFiAzEfi8or8k/jFpKpTKZPGSO/KQM=
cFtcvc7ZoyXTPmB3MSsPgjx3YFBUNjuIptj1k5BWHYI=
', null, '{"at":"2026-11-20T10:00:00.000Z","by":"a_0c9001373c40933bd620d327a45e92d9","map_digest":"a198cd6c1ed60e14b298fa9b0f62aefd85d68a5cf0d1bcdd384a0bd4c933d16b","type":"policy.changed","v":1}', x'ec1e6348c2f30f0de80eac78cd87a5300e520581d77520839a1a9cd5b273a741', null, null);
insert into leaf values (18, 'R-2026-0003/P-0002/decision/2026-11-20T10:00:00.000Z', 'erasure-ledger/leaf/v1
decision
V68jN+FbOEA8E+mdQzGqt/TmKX1N/giOEI4XDQxDkJs=
aIZOYvYQ3yUqmvs9P4y/WdVXfVSq11jYN7mfEdSUcO8=
', 'R-2026-0003', '{"approver":"a_0c9001373c40933bd620d327a45e92d9","at":"2026-11-20T10:00:00.000Z","decision":"partial","exceptions":["art17-3-b"],"map_digest":"a198cd6c1ed60e14b298fa9b0f62aefd85d68a5cf0d1bcdd384a0bd4c933d16b","plan":"P-0002","plan_digest":"d6c4928f2bc506101cb845187aa388ce784b2f2bf2a8f0f5eb63a28d1cd9ef64","request":"R-2026-0003","rules_digest":"9c22f98f5027f777c55ff421088ad4c328ca865eb3b8be43111158a7d74993ae","type":"decision","v":1}', x'93dfc495b348dfe2c6f135d64ae8e60324ce8930e9d54c9bb47b382c93d598f5', null, null);
insert into leaf values (19, 'R-2026-0003/P-0002/started', 'erasure-ledger/leaf/v1
erasure.started
5tScaGwasuKgD3aAZB6V7GM8owiKYQX4QSuV9gj1O9o=
EWPtfsf9vcf0cJFB24OgEzyK+Whx+yBGFQGS6IGEBwg=
', 'R-2026-0003', '{"at":"2026-11-20T10:00:00.000Z","by":"a_2e4a27487a16e6e894dcb1484500750e","plan":"P-0002","plan_digest":"d6c4928f2bc506101cb845187aa388ce784b2f2bf2a8f0f5eb63a28d1cd9ef64","request":"R-2026-0003","type":"erasure.started","v":1}', x'dbb92490eed2aea54be74d1d368ccf54db94df784c4d99ab25798bb11132a654', null, null);
insert into leaf values (20, 'R-2026-0003/P-0002/S1', 'erasure-ledger/leaf/v1
target.result
Mg7vmFV32YHwYLWD/WhpmL92aI0JadrouASQF8T4Qyc=
FnJle+YImPpHEu4aClgKwbRP4gje6pExjdfjalmlG8I=
', 'R-2026-0003', '{"affected":1,"already_gone":0,"blocked":0,"connector":"files@0.1.0","finished":"2026-11-20T10:00:00.000Z","found":1,"gone":1,"kept":0,"law":[],"matched":1,"operation":"remove-rows","own":0,"plan_digest":"d6c4928f2bc506101cb845187aa388ce784b2f2bf2a8f0f5eb63a28d1cd9ef64","record":"lists","request":"R-2026-0003","residue":[{"gone_by":null,"mechanism":"media"}],"started":"2026-11-20T10:00:00.000Z","status":"deleted","step":"S1","system":"share","type":"target.result","v":1,"verification":{"at":"2026-11-20T10:00:00.000Z","method":"requery","residual":0},"waiting":0}', x'f90bd567a44149acecd1d6d8dace6dc3e73dce17d3898e30cb2144ad585cdb4f', null, null);
insert into leaf values (21, 'R-2026-0003/P-0002/S2', 'erasure-ledger/leaf/v1
target.result
f8JefZQrs1nuYhgy4A7E2EM7/+EXEK6oTqcd27LKKfU=
bHAxr1R2XkmNqZoYDvQd/9DpcnD0bJ+1reQlIEyoL+Y=
', 'R-2026-0003', '{"affected":0,"already_gone":0,"blocked":0,"connector":"files@0.1.0","finished":"2026-11-20T10:00:00.000Z","found":1,"gone":0,"kept":1,"law":["§ 147 AO"],"matched":0,"operation":"keep","own":0,"plan_digest":"d6c4928f2bc506101cb845187aa388ce784b2f2bf2a8f0f5eb63a28d1cd9ef64","reason":"retention","record":"invoices","request":"R-2026-0003","residue":[{"gone_by":null,"mechanism":"media"}],"restricted":false,"started":"2026-11-20T10:00:00.000Z","status":"kept","step":"S2","system":"share","type":"target.result","until":"2056-01-05","v":1,"verification":{"at":"2026-11-20T10:00:00.000Z","method":"requery","residual":0},"waiting":0}', x'8eb6d56e61c3f2a8a0abc4c5c44c24ecb485a8ba66e806506958ebb160dcfc43', null, null);
insert into leaf values (22, 'R-2026-0003/P-0002/completed', 'erasure-ledger/leaf/v1
erasure.completed
Mzohfv9rnl19Mxo0h/vqmMiFjBJz/RLKkO9qtlXl/PE=
09B4uyz8PkSn3+ryCxoyDCIPZrAMRO3b41eHXWrFLyQ=
', 'R-2026-0003', '{"at":"2026-11-20T10:00:00.000Z","checks":[{"at":"2026-11-20T10:00:00.000Z","method":"requery","record":"lists","residual":0,"result":"pass","system":"share"},{"at":"2026-11-20T10:00:00.000Z","method":"requery","record":"invoices","residual":0,"result":"pass","system":"share"}],"exit":0,"plan_digest":"d6c4928f2bc506101cb845187aa388ce784b2f2bf2a8f0f5eb63a28d1cd9ef64","request":"R-2026-0003","residual":0,"residue":[{"gone_by":null,"mechanism":"media","system":"share"}],"state":"closed","totals":{"blocked":0,"change":0,"erase":1,"keep":1,"nothing":0,"wait":0},"type":"erasure.completed","v":1}', x'b0ac51af4c22d0af2731e525dd3e3c054fbbb0c81bb22358a4391fa4e48a44bb', null, null);
insert into leaf values (23, 'R-2026-0003/key.destroyed', 'erasure-ledger/leaf/v1
key.destroyed
krZKm8Wnk0NGFrk8YVY3pGYHpfrXUMNyFcsdB6X7pWU=
AokOBXaN4gJkWg0xd1zH+RLKSGr8q5ekGNSYg2KObbc=
', 'R-2026-0003', '{"at":"2026-11-20T10:00:00.000Z","request":"R-2026-0003","type":"key.destroyed","v":1,"what":"sealed_keys"}', x'2bd7294aefa166f80c3f0ec0091e985b67590306bd6a23cda9eb06090a3f17c3', null, null);
insert into leaf values (24, 'R-2026-0004/cancelled', 'erasure-ledger/leaf/v1
refused
+Y3mMmhwey+eEUYg/y6o5S9XJjBnqmpxkBYiUzTZ2lI=
hMSbf/6jijMHvbCq32l4EhaLap33N3TXsWmSbjrSWnY=
', 'R-2026-0004', '{"at":"2026-11-20T10:00:00.000Z","by":"a_2e4a27487a16e6e894dcb1484500750e","request":"R-2026-0004","state":"cancelled","type":"refused","v":1}', x'04bb55cc7f487ea6a92154a4b89fa4b5717099204ad4596b78b0a1e20ff7b194', null, null);
insert into leaf values (25, 'R-2026-0004/key.destroyed', 'erasure-ledger/leaf/v1
key.destroyed
Z+RjmvGwv+B+PU8nO+4bdp0kBKkzlf2Jig5ICL2GtcI=
cJ7zwP27sglrwmnTgnpRVIQ0WrA4Jodx+WRT1KkNhiQ=
', 'R-2026-0004', '{"at":"2026-11-20T10:00:00.000Z","request":"R-2026-0004","type":"key.destroyed","v":1,"what":"sealed_keys"}', x'dcf4cb18d82bb9c121838e32d209b0763229fc20b01eb1c3de74e4fff255ac20', null, null);
insert into leaf values (26, 'R-2026-0005/P-0003/decision/2026-11-20T10:00:00.000Z', 'erasure-ledger/leaf/v1
decision
W4ExDJix32Dgo8Cit1zkrGSwbXt9ECNAgrH5IBV6MPU=
3OCBvSvveADjMTmRVltKNU01D6QFHvEZp6ptAn5HCrQ=
', 'R-2026-0005', '{"approver":"a_0c9001373c40933bd620d327a45e92d9","at":"2026-11-20T10:00:00.000Z","decision":"granted","exceptions":[],"map_digest":"a198cd6c1ed60e14b298fa9b0f62aefd85d68a5cf0d1bcdd384a0bd4c933d16b","plan":"P-0003","plan_digest":"e81f828a7af1431065adce018dddfe90903b1235d041a6cde9127e69024b0d0c","request":"R-2026-0005","rules_digest":"9c22f98f5027f777c55ff421088ad4c328ca865eb3b8be43111158a7d74993ae","type":"decision","v":1}', x'6b8fcd7a964df8d79fc6accbd5c179072ed3bae9695418e983e3442354c791ba', null, null);
insert into leaf values (27, 'R-2026-0005/P-0003/started', 'erasure-ledger/leaf/v1
erasure.started
KdtfUrnHatf5fmHgZskkFIA5Onza4SY+R6UAwcUvwiY=
SjtC//eX3PBpo6e+X0BJmsMNTnRByoGg3I8Sa7Cyir8=
', 'R-2026-0005', '{"at":"2026-11-20T10:00:00.000Z","by":"a_2e4a27487a16e6e894dcb1484500750e","plan":"P-0003","plan_digest":"e81f828a7af1431065adce018dddfe90903b1235d041a6cde9127e69024b0d0c","request":"R-2026-0005","type":"erasure.started","v":1}', x'3e9201458b56442b5047b1219ec092af2d2bdad5384ed12505b63df93fd1cd11', null, null);
insert into leaf values (28, 'R-2026-0006/P-0004/decision/2026-11-20T10:00:00.000Z', 'erasure-ledger/leaf/v1
decision
aT2O7pPA+ThzdkifyfV6VlEaMJJ1ON1RsATxX0yhedA=
fvNgFqNv4qucrOI9cqlxY9On6yf+MdQfrna6hIXuD3s=
', 'R-2026-0006', '{"approver":"a_0c9001373c40933bd620d327a45e92d9","at":"2026-11-20T10:00:00.000Z","decision":"granted","exceptions":[],"map_digest":"a198cd6c1ed60e14b298fa9b0f62aefd85d68a5cf0d1bcdd384a0bd4c933d16b","plan":"P-0004","plan_digest":"49d6025fe4494d1d0f069800675ee83e8b40cca9922a326203659e055ed5f9ca","request":"R-2026-0006","rules_digest":"9c22f98f5027f777c55ff421088ad4c328ca865eb3b8be43111158a7d74993ae","type":"decision","v":1}', x'1d6744156d294fface2eaf5be62c937a24464c63a707d038e8d29db702ddca31', null, null);
insert into leaf values (29, 'R-2026-0006/P-0004/started', 'erasure-ledger/leaf/v1
erasure.started
/gom1eGBnCpFPGsmNeDtK11ix/VjBfK1TeTP4Hgy3fk=
DbcZrWHITJNFGRjZshSmmmUXl1RcnklWWFkV55SrRHs=
', 'R-2026-0006', '{"at":"2026-11-20T10:00:00.000Z","by":"a_2e4a27487a16e6e894dcb1484500750e","plan":"P-0004","plan_digest":"49d6025fe4494d1d0f069800675ee83e8b40cca9922a326203659e055ed5f9ca","request":"R-2026-0006","type":"erasure.started","v":1}', x'91b8eee9669777561ede0b124570b79de5dbcab01c6a713dbaa5784cb7baeec6', null, null);
insert into leaf values (30, 'R-2026-0006/P-0004/S1', 'erasure-ledger/leaf/v1
target.result
vVGypUmpz7eKc/t5thOzNA791wnCiMPc27LRxZGtn8o=
f5DaZh8wHd/1tazMtWxcMsc0Khc6mekDdCyGnz5G5pQ=
', 'R-2026-0006', '{"affected":1,"already_gone":0,"blocked":0,"connector":"files@0.1.0","finished":"2026-11-20T10:00:00.000Z","found":1,"gone":1,"kept":0,"law":[],"matched":1,"operation":"remove-rows","own":0,"plan_digest":"49d6025fe4494d1d0f069800675ee83e8b40cca9922a326203659e055ed5f9ca","record":"lists","request":"R-2026-0006","residue":[{"gone_by":null,"mechanism":"media"}],"started":"2026-11-20T10:00:00.000Z","status":"deleted","step":"S1","system":"share","type":"target.result","v":1,"verification":{"at":"2026-11-20T10:00:00.000Z","method":"requery","residual":0},"waiting":0}', x'8c2bae4dbe5dd2f28742d3cc5f48837766faf88659e32fac6e45cf9b16f613dc', null, null);
insert into leaf values (31, 'R-2026-0007/P-0005/decision/2026-11-20T10:00:00.000Z', 'erasure-ledger/leaf/v1
decision
DiGF3XUQO8xvkZ4NhttsTvKGL8/NAQSsXryVm5F/mqs=
V62QvE+K+lBVLitK0STXghx5OkMA1ahGlc+GhtaHGbc=
', 'R-2026-0007', '{"approver":"a_0c9001373c40933bd620d327a45e92d9","at":"2026-11-20T10:00:00.000Z","decision":"partial","exceptions":["art17-3-b"],"map_digest":"a198cd6c1ed60e14b298fa9b0f62aefd85d68a5cf0d1bcdd384a0bd4c933d16b","plan":"P-0005","plan_digest":"388eb75f0f8350b8a70748c7974c09320a110465618080c9fd258e41f71bd68a","request":"R-2026-0007","rules_digest":"9c22f98f5027f777c55ff421088ad4c328ca865eb3b8be43111158a7d74993ae","type":"decision","v":1}', x'a9197f9de343a2f4c8d35ac6138c6e7de170a237e43ce843072087ec1b385000', null, null);
insert into leaf values (32, 'R-2026-0007/P-0005/started', 'erasure-ledger/leaf/v1
erasure.started
l8q+dlWpxbj99elaepuUz7Ce6blSA1zrEfo89PVSLwo=
z/FruAC9flCiKJBMoJhigZHRYQsVwA8MXqznAuQfrTA=
', 'R-2026-0007', '{"at":"2026-11-20T10:00:00.000Z","by":"a_2e4a27487a16e6e894dcb1484500750e","plan":"P-0005","plan_digest":"388eb75f0f8350b8a70748c7974c09320a110465618080c9fd258e41f71bd68a","request":"R-2026-0007","type":"erasure.started","v":1}', x'9cf35e3061d396f6c44d024aff464f3682acafa46c2b9a05659d2abb8ffb59c0', null, null);
insert into leaf values (33, 'R-2026-0007/P-0005/S1', 'erasure-ledger/leaf/v1
target.result
Zqg7Vct2zOH0Rf84Hk8KWMmY0bfxGCaUBk+vxf6za54=
taY4jd7q8qvlWZo6kjU2luOTHK19OyHxx0WxMvCJRTg=
', 'R-2026-0007', '{"affected":1,"already_gone":0,"blocked":0,"connector":"files@0.1.0","finished":"2026-11-20T10:00:00.000Z","found":1,"gone":1,"kept":0,"law":[],"matched":1,"operation":"remove-rows","own":0,"plan_digest":"388eb75f0f8350b8a70748c7974c09320a110465618080c9fd258e41f71bd68a","record":"lists","request":"R-2026-0007","residue":[{"gone_by":null,"mechanism":"media"}],"started":"2026-11-20T10:00:00.000Z","status":"deleted","step":"S1","system":"share","type":"target.result","v":1,"verification":{"at":"2026-11-20T10:00:00.000Z","method":"requery","residual":0},"waiting":0}', x'fb104b235981f6b19b3a16b4fd6a6aecd5d063ac0c06718adb8c32a0f71e3844', null, null);
insert into leaf values (34, 'R-2026-0007/P-0005/S2', 'erasure-ledger/leaf/v1
target.result
uMCTJ9Nmc03GHTSScmhBEop5fehR3bL4dA7sKTYPqkw=
gk5beyYGbbQuM+5sWaN7YImCrIzMABlKXGf+tzDCN7s=
', 'R-2026-0007', '{"affected":0,"already_gone":0,"blocked":0,"connector":"files@0.1.0","finished":"2026-11-20T10:00:00.000Z","found":1,"gone":0,"kept":1,"law":["§ 147 AO"],"matched":0,"operation":"keep","own":0,"plan_digest":"388eb75f0f8350b8a70748c7974c09320a110465618080c9fd258e41f71bd68a","reason":"retention","record":"invoices","request":"R-2026-0007","residue":[{"gone_by":null,"mechanism":"media"}],"restricted":false,"started":"2026-11-20T10:00:00.000Z","status":"kept","step":"S2","system":"share","type":"target.result","until":"2056-02-05","v":1,"verification":{"at":"2026-11-20T10:00:00.000Z","method":"requery","residual":0},"waiting":0}', x'76c66f21a7f507bc74c7bf5be483fb8ca2b26626ea1e25a7a500f8c3152cb014', null, null);
insert into leaf values (35, 'R-2026-0007/P-0005/completed', 'erasure-ledger/leaf/v1
erasure.completed
IYqo2vRIV3RTe8PUl+ukKEb24imI8f0jcTyDBj8iqII=
9JA6j52Y+TF1V0ePBQSq7/RWo3Pom+gJazqFKu8F2KY=
', 'R-2026-0007', '{"at":"2026-11-20T10:00:00.000Z","checks":[{"at":"2026-11-20T10:00:00.000Z","method":"requery","record":"lists","residual":0,"result":"pass","system":"share"},{"at":"2026-11-20T10:00:00.000Z","method":"requery","record":"invoices","residual":0,"result":"pass","system":"share"}],"exit":0,"plan_digest":"388eb75f0f8350b8a70748c7974c09320a110465618080c9fd258e41f71bd68a","request":"R-2026-0007","residual":0,"residue":[{"gone_by":null,"mechanism":"media","system":"share"}],"state":"closed","totals":{"blocked":0,"change":0,"erase":1,"keep":1,"nothing":0,"wait":0},"type":"erasure.completed","v":1}', x'586d59fc5a2fd7f1a6683f422d1c72963067f1d1dd2c874ea072f16c447cae9c', null, null);
insert into leaf values (36, 'R-2026-0008/P-0006/decision/2026-11-20T10:00:00.000Z', 'erasure-ledger/leaf/v1
decision
c95Tm+0yRq7bqH8C4STZYCElR5nwi4pbKRb2hLsY3cY=
gMpP+K/c7mWPx/TxwDco/RNvQ51HIAjv0f4rTUj4Zps=
', 'R-2026-0008', '{"approver":"a_0c9001373c40933bd620d327a45e92d9","at":"2026-11-20T10:00:00.000Z","decision":"granted","exceptions":[],"map_digest":"a198cd6c1ed60e14b298fa9b0f62aefd85d68a5cf0d1bcdd384a0bd4c933d16b","plan":"P-0006","plan_digest":"ea6885f6205bb66ad445c2ec74cb5a55427e2fa39c3506a1bb27c8cdbbddaa83","request":"R-2026-0008","rules_digest":"9c22f98f5027f777c55ff421088ad4c328ca865eb3b8be43111158a7d74993ae","type":"decision","v":1}', x'8187661ef30083387e7a61999a36db999e468594b515ca40fc7f6ab9ef430bdf', null, null);
insert into leaf values (37, 'R-2026-0008/P-0006/started', 'erasure-ledger/leaf/v1
erasure.started
BW2kh638zaD+lcOVrpXBZlazVlgl/ZSuzXjTMtDpFRM=
jjG0Xqx8UF6dofluogXMY0fsSVHNgdutPEBpLymhrIA=
', 'R-2026-0008', '{"at":"2026-11-20T10:00:00.000Z","by":"a_2e4a27487a16e6e894dcb1484500750e","plan":"P-0006","plan_digest":"ea6885f6205bb66ad445c2ec74cb5a55427e2fa39c3506a1bb27c8cdbbddaa83","request":"R-2026-0008","type":"erasure.started","v":1}', x'd1c7027f050d776c6a7d57994289b9e78fecc3113509032c1d17d339b828e458', null, null);
insert into leaf values (38, 'R-2026-0008/P-0006/S1', 'erasure-ledger/leaf/v1
target.result
OgBZDCHnW8CD4t/hBz35VEjgC/j4zajVcx3c0Q3wlmo=
POcXW0+OB0MWNJ4bVeVICPY5tvPQCFf2DHN6U4s7yYA=
', 'R-2026-0008', '{"affected":1,"already_gone":0,"blocked":0,"connector":"files@0.1.0","finished":"2026-11-20T10:00:00.000Z","found":1,"gone":1,"kept":0,"law":[],"matched":1,"operation":"remove-rows","own":0,"plan_digest":"ea6885f6205bb66ad445c2ec74cb5a55427e2fa39c3506a1bb27c8cdbbddaa83","record":"lists","request":"R-2026-0008","residue":[{"gone_by":null,"mechanism":"media"}],"started":"2026-11-20T10:00:00.000Z","status":"deleted","step":"S1","system":"share","type":"target.result","v":1,"verification":{"at":"2026-11-20T10:00:00.000Z","method":"requery","residual":0},"waiting":0}', x'f4aba38c5dd7829b999a7ff54afa169930287b2f2865ccc3580b8e1191c551c5', null, null);
insert into leaf values (39, 'R-2026-0008/P-0006/S2', 'erasure-ledger/leaf/v1
target.result
b4isuLN7ApzILV5zF4FXTNCRIA0LcRuf6OvQ1Bgiag0=
6WftF4KyWrdDynAYDUpzzK+LhsozohO7D4VXWhwcREU=
', 'R-2026-0008', '{"affected":0,"already_gone":0,"blocked":0,"connector":"files@0.1.0","finished":"2026-11-20T10:00:00.000Z","found":0,"gone":0,"kept":0,"law":[],"matched":0,"operation":"keep","own":0,"plan_digest":"ea6885f6205bb66ad445c2ec74cb5a55427e2fa39c3506a1bb27c8cdbbddaa83","record":"invoices","request":"R-2026-0008","residue":[{"gone_by":null,"mechanism":"media"}],"started":"2026-11-20T10:00:00.000Z","status":"nothing_found","step":"S2","system":"share","type":"target.result","v":1,"verification":{"at":"2026-11-20T10:00:00.000Z","method":"requery","residual":0},"waiting":0}', x'6114f000484be6ccc0c8e4df444ccc5a5c0971be04f0bc2ed37a1e63e542532e', null, null);
insert into leaf values (40, 'R-2026-0009/P-0008/decision/2026-11-20T10:00:00.000Z', 'erasure-ledger/leaf/v1
decision
KMu1DGkxNlSGVu1UR13PM3YPusPGSXRhYwmzH/DMlf4=
njFjJCDPR1EaCtF0Acd5SuwEmVzOKZZQsj4x38mMrfI=
', 'R-2026-0009', '{"approver":"a_0c9001373c40933bd620d327a45e92d9","at":"2026-11-20T10:00:00.000Z","decision":"granted","exceptions":[],"map_digest":"a198cd6c1ed60e14b298fa9b0f62aefd85d68a5cf0d1bcdd384a0bd4c933d16b","plan":"P-0008","plan_digest":"f94a40d2e2c58134750f0fac01d32d24e3113d059fa20c601898c061261c258a","request":"R-2026-0009","rules_digest":"9c22f98f5027f777c55ff421088ad4c328ca865eb3b8be43111158a7d74993ae","type":"decision","v":1}', x'f1e90b00ddb6fa3991fe74e3f157a86ef9da1a25b472b2d79cbc367bdd20b7d5', null, null);
insert into leaf values (41, 'R-2026-0009/P-0008/started', 'erasure-ledger/leaf/v1
erasure.started
gxdRK+zbMnY7H8cS2ilqiifEn4XqHm/T3xYYe1MeIhk=
EK5J16KKNF8I4TYszRWoCQHgXREJ+KOc0F0fzl5b1ug=
', 'R-2026-0009', '{"at":"2026-11-20T10:00:00.000Z","by":"a_2e4a27487a16e6e894dcb1484500750e","plan":"P-0008","plan_digest":"f94a40d2e2c58134750f0fac01d32d24e3113d059fa20c601898c061261c258a","request":"R-2026-0009","type":"erasure.started","v":1}', x'8569d430adbb671756ddfa95e7c13d7f7b4235bb612c4af8ebea385585db0eb3', null, null);
CREATE TABLE node (level integer not null, idx integer not null, hash blob not null, primary key (level, idx)) strict, without rowid;
insert into node values (0, 0, x'b7e5da7621759b3d38b2311e16665ebc9bf7f173b30277756e887728308661f7');
insert into node values (0, 1, x'c608e2bcfbc08b08cf74f19884dde08b64a3ba6cc3c8a7f497413756e7c44822');
insert into node values (0, 2, x'eb1827860940ee69ac3339569493d76f88555ca20d2d602d356ef200fda0ff4b');
insert into node values (0, 3, x'59640f5a23e6ed69355b505f952c7906bd34ace50bbaa0cfcb3a219d6b045b4d');
insert into node values (0, 4, x'7806328c6e2aff6b593e57c9746330a4fab16589b9667bacd129449e2d110359');
insert into node values (0, 5, x'd2ae115781e553fecc3e2873df0b8bda6a09dddaa539f68e067ad69c47b78edb');
insert into node values (0, 6, x'251229754607a95a3d868b161c58eba1bccb6dfdc2bca88781d42d3cfb783ed9');
insert into node values (0, 7, x'f738c22744fc1eaf926a22648a4e756449c12c0175b06ce30ba9b1173b7a3a83');
insert into node values (0, 8, x'63b7b61537862f1d676517eba870e92e359f10437adedff1dd2e1e31f875d241');
insert into node values (0, 9, x'59cbbc5c6f3e31698ae29e025f589b7247985b841a088f8584fb664c8704953a');
insert into node values (0, 10, x'91124c7ee60904a97ad0cf6eb6a3c799cbb3a7aef05cda7b5eb9b3b6a3c640f2');
insert into node values (0, 11, x'f506ac6820d46a5e298cc0b4cc283f6ceee75806932c313bb056e2589cb5a25b');
insert into node values (0, 12, x'717128605649e020c542e4e93ae2ab6f9392dfa592db2cd313dc327e993f59dc');
insert into node values (0, 13, x'ba64ae8bb7374b5f114d3eba6a544de7b4812bb3471def0c50a8b01db9786069');
insert into node values (0, 14, x'e53195600f69d1919df4b72563f217f09e70ee61197c76cb7407bc0ecd36c732');
insert into node values (0, 15, x'8b1ab890b9e6591a42bbd50d667941bfef9c72d95d017022ce37180dc3d04113');
insert into node values (0, 16, x'c893ecc51c2c2c54e4d9442593d81cbf8be7ffb8673e79bbe3fbffe202ce43cc');
insert into node values (0, 17, x'170be0c5d2398fba5fe42a2924a0b6ea9a7f6f9bba3421f21c4de5e6471068da');
insert into node values (0, 18, x'e69957faa23de6009b43cb301891f548aee6dbf186c2c0f8b5eaf24cf892ac2e');
insert into node values (0, 19, x'7ee0a2fd4082865f18294806651fdacf3c9272d047fc1fdf1ed894490e19bd63');
insert into node values (0, 20, x'4417c48cf65f6c80932515c8658edc64ef3610c7fc3fe8d8037d17c0a1043c3f');
insert into node values (0, 21, x'd331b56d8c450fe2c4f7d269921cd3ab2b7062867eec86074019a10cc8e5613a');
insert into node values (0, 22, x'88a4dcd0da20d0248e0ba128705552bc609adcce0f2f24614683666cd0e97a80');
insert into node values (0, 23, x'621316e60d7deabac7079650f12af20294eb52e38174d77e64bd36a5e58b43e0');
insert into node values (0, 24, x'72ef09875f58a95f881b2fc84e1a65bc1bc647566b0b60b6b6441c00b90846b2');
insert into node values (0, 25, x'8776d42abe80ec57e176f91f688456ce314750952b0b1467a7de4e69437ddb68');
insert into node values (0, 26, x'cb82039dc498fca703ed987d40402d4442095bde3a217b633f8540ddbb47c970');
insert into node values (0, 27, x'89fee20869bdd8fe3541d5b6d0c138ae1daf13c37272eba5463fb018ce91fa0b');
insert into node values (0, 28, x'd14b9086b4d8e1c2f76496b5ae20b27ba27b7a0cb4352f71e81019bcf401cb9c');
insert into node values (0, 29, x'f706eeda17b8e92e5a75eaf1e5316ecbdf0233eee2c79ed791b8892b67c2a8ce');
insert into node values (0, 30, x'cc6e45a3e7908ef8bcce4f6fa5914825e4f9148aafc137d14806964bb48242e2');
insert into node values (0, 31, x'1aed359390cba4c09ba20338c0859e107d43caf2ffd38b3591bee4b54d55d202');
insert into node values (0, 32, x'4d2c3c7615fdbed24259c69ceff6be885ceec196e98db69bb03e2f3469179d59');
insert into node values (0, 33, x'5229f0ab8859cf260cde4ed8a7e039a3c05c0f7e1bb2d78324459edf6148b970');
insert into node values (0, 34, x'bd3e34e3cabd13c8bd46a7bd8ef30b682dcd4bd946e8a71e7639b72d9793c1ab');
insert into node values (0, 35, x'f2304763cb740ac8b6149849a59b4542025372e2d705b68940bd40a396ac9dd7');
insert into node values (0, 36, x'83365387f0155a216ed61cb0785aab00adcb111057634a420bdc0ebdaaa8fb41');
insert into node values (0, 37, x'a509015341329b2fbcfe88cfb543a665afe4b2c8af142b9d69f7be3842a2a9eb');
insert into node values (0, 38, x'5b3df501158eb9d505fc2146705b0703f3eb14b1435ebd682aaff32193ed9bd8');
insert into node values (0, 39, x'edee68ae6f3d0ea94e791fc8d90228325ca049f8330fd57e72a44fa3098c6483');
insert into node values (0, 40, x'a601f75d364e9eaf8325990fcbf46c85402b706d16f9c9041ec6b6aec22c3251');
insert into node values (0, 41, x'74b683fd53afff8a85387282252d279f4359043c0dff6e8bfdc24209538f94aa');
insert into node values (1, 0, x'f36bdd6887075b680a8c8e64313bd681d09b61c11a5844ee65e652aad41ca1f7');
insert into node values (1, 1, x'bbc7ae9c6a6c4c8d58278acb421c5fb282a066a2d8ce5d0de056817592fddb57');
insert into node values (1, 2, x'507ec4aa91110e0c9ab8c5a3e0d7e89a0086192bf062dc92c4784452ba6bebc7');
insert into node values (1, 3, x'2d06811c3a54948bc8f7df1b15a30a8253cfaf145208ab360a02d13c32dc84d8');
insert into node values (1, 4, x'9b6049fbc331b254cc4a53c62caed185fbaa875c17c365356527903eb358e3be');
insert into node values (1, 5, x'ee016bf2f3f84b7f6f95f79af3e1b1c1aa0bda9d2319cbc302154c21dec78579');
insert into node values (1, 6, x'41760aa014b234f6d12f5e74df92aa936392bf7ca7800fe6a4f0968695674d67');
insert into node values (1, 7, x'429d8c736ddb22884903723356f78652b840403113721edeaede6e229bf74a86');
insert into node values (1, 8, x'933ded456f0e7532a48d89c13b1a7fd6851ea960600ee9841eadc983f7847558');
insert into node values (1, 9, x'539843fedc6a1b2c03f941e1638889686d622e0ec5f38672f278661106138ad8');
insert into node values (1, 10, x'3198db1f78fd64297205875b5caa74721a800c4b10caaa370ced694dfd3fd87a');
insert into node values (1, 11, x'12866a187811a656c0733130e72e2f8610996c5cfa82b57d028118f08757137d');
insert into node values (1, 12, x'2a0c2583a49114044b9025bbbb7cf5f2584d32c54ae873e4644968e345541ddc');
insert into node values (1, 13, x'be529ab4464eb592e302857ab632b3471f7b4d10118c4ed147854035dfd7e95d');
insert into node values (1, 14, x'93b3f2924637a4e3fda5f845e2dd03488cfbbe9e6ea4ee2bcb4f705627e3c760');
insert into node values (1, 15, x'2b26ed50d72ae865c204fe59727e65f2b535a346e4c809b168294b2818efe551');
insert into node values (1, 16, x'27dd05033a5c5a25a3c84d6331e6b91adf63d728ffda559326d9371f57a66a5a');
insert into node values (1, 17, x'e63b43b602d00050b4dc68882d202b179220a355cd1d452a03c2e76a7e8b7955');
insert into node values (1, 18, x'0d09d2b0016e616f201266d259c82b242750e8b15249b8a4d8c35a48d6454b86');
insert into node values (1, 19, x'f22b54bbff5b4a07de57c3a65cdc6001a3d44b01d96a16101c726667968454f6');
insert into node values (1, 20, x'916f93c0460a7ee38df323b2ea6edbe00a6476502c05e4f74c64706ac2e9e289');
insert into node values (2, 0, x'bff5c041d02fcda94ab8a2a203ce283d73150919ca8ae30875fb6496aeddbab2');
insert into node values (2, 1, x'd306580e2425131c25ab8545353cd6a2e08e59b3c294c048756020b056431327');
insert into node values (2, 2, x'740cf32203c9b44399ba1ddbd96627b572d6e03a90791d26075d6554ac046eec');
insert into node values (2, 3, x'2ab7da0e6f9adfbb4ea4ddaad1b9aab1afc5edfc714280e089232eeeb9e4d97f');
insert into node values (2, 4, x'b29fbb06977e6065371c722ba8d988b9f2957ddc55a20b88823e3e411092efc5');
insert into node values (2, 5, x'5935bf0c5d762063c5e8e49a12343f9331fc3160189d00a4d59694e4fd74ce63');
insert into node values (2, 6, x'f7d26469e93bb7ad87081e0bf559795bcdeb6833e9b9616bbed5a95d758ed8ad');
insert into node values (2, 7, x'd6f6dfdce15c7381da787dd0e4e4255761587441258e4df67a679785f575de83');
insert into node values (2, 8, x'62ebe331603f552b6ced9e49abd5a4f51ff3d0f011f232610234bda20e58fa10');
insert into node values (2, 9, x'f2e14dc0adcb30aeae82effa7f137c2fd4d542066974d78a1576477875588314');
insert into node values (3, 0, x'5cced7e5de00c91d46b8b13b3df72448b78cd1a249fdc90afd3e3e91e4265445');
insert into node values (3, 1, x'8804c9e0e4076ce311533666919d54a90fe09163dd622af79e2693622bb849a1');
insert into node values (3, 2, x'f7105605825413ab24ffc3946fd5fb0f9c1324740f8176a3047fffc79c450d77');
insert into node values (3, 3, x'0bf5f6c875490f0d7c0bb2c88eb2ae0fa0f3850709c9f397f2768f42f2d650fd');
insert into node values (3, 4, x'5c5774fffde7ac4d7d9aabcacbe61a6ed1347ef494ac62a8170bd386771e1e3f');
insert into node values (4, 0, x'd3edca36dd8bd454eb4ed82073930d8aafbc7aabba3cceb9fd814438b64eb659');
insert into node values (4, 1, x'4aa057e225375779e1cdb2cb6d86b370ce54c76c2145ba186e030fe534f0218a');
insert into node values (5, 0, x'f966d3e5cb7fd87907a33ff7f6c5fa6a183127c18f7492dcee6d395fa49fccbb');
CREATE TABLE checkpoint (size integer primary key, note text not null) strict;
insert into checkpoint values (1, 'example.org/erasures
1
t+XadiF1mz04sjEeFmZevJv38XOzAnd1boh3KDCGYfc=

— example.org/erasures MBoBhZvUcKsnzX8EoGyxeUm2EjranyXmkk84mbpLanxlxVPUniqK0JTiLABgRQBwke3eaWXLmYoAtzRmeqwZdinTag0=
');
insert into checkpoint values (2, 'example.org/erasures
2
82vdaIcHW2gKjI5kMTvWgdCbYcEaWETuZeZSqtQcofc=

— example.org/erasures MBoBhcOm6N3x6btc8z1QcOlK+/iy0BfyWpMlm3/T/zPy9EXeweCIzCfHxfNHHThKu1QT33QoL1HJeJfTZZVSubf6bwI=
');
insert into checkpoint values (3, 'example.org/erasures
3
tsvQoeFpW7zb+XWL8H78Q4KxFivvWPtbWGlIjFCPchQ=

— example.org/erasures MBoBhf4HFdO5wxcAxexgif3/157zK69efHLkJJGDqFO2/vytItpaz4pmTngSzVJ0/wtKel6RnMuONrGn6JemPJ/N4wY=
');
insert into checkpoint values (4, 'example.org/erasures
4
v/XAQdAvzalKuKKiA84oPXMVCRnKiuMIdftklq7durI=

— example.org/erasures MBoBhd1NQQbkx8bZ4oWWXX/9CPQBI9K5Y5HC/n90/1ZsRAUIyXK4kLORKv+7XUbVMVFEd4z4N4wh/ODwIoDKeg7xewY=
');
insert into checkpoint values (5, 'example.org/erasures
5
OedUvPa542Ynsjcc3DBFXyB26iEMOVakTaMSA5dk/QQ=

— example.org/erasures MBoBhb/rHF9Mg0mer2RWO6ORQ07LB+ena20HibAz5HgjG9BkIrOJHJ1vFHxF2X40YpEhGDj8bBzfbg93ThBJyidpaQ8=
');
insert into checkpoint values (6, 'example.org/erasures
6
Y6FhKivR+RMiussiZ8IFt7ZqlRu1kKwQ5IhmUU98fnQ=

— example.org/erasures MBoBhSYcnDY1GAD6GtjLaeY5YC2PhpS+CeImO2ovdxFIZaz/sRAHCFILI1wjK23mhROymt0JgMJY8kPn5PVy1rtiiQk=
');
insert into checkpoint values (7, 'example.org/erasures
7
oO37qZZN5SbtkkTzKiA/ySJ7/6I4/JjnaIv26CkOUp8=

— example.org/erasures MBoBhZmJgCAfgcc3JrSEpMTh9IQzc1WvNzOu4I3HZw+dyDP/Y7HZp+2queKQ7sIytJbryYkdUfv4/N1VdqCvq6VNSAo=
');
insert into checkpoint values (8, 'example.org/erasures
8
XM7X5d4AyR1GuLE7PfckSLeM0aJJ/ckK/T4+keQmVEU=

— example.org/erasures MBoBhXpr8LpF1e51j3Jj+R2C+P9PFSzq7Mh8Yi/dwoFfuHSDCtVuKkX05R5CLLcCksm/6jZIgxmwXC948twHV0rvAQ4=
');
insert into checkpoint values (9, 'example.org/erasures
9
KD0XD4a5T8XysHKk1aJYQRt7UiNDGypPKFJ0ZFnj8CM=

— example.org/erasures MBoBhZ5V+obDK+sPbU//NwdHgA9OdyrEzaCZBBjnn0htZm8k7Ny6m4fHODpvtriaYKPWM8rDEvqOaQF3f1EdzleAVQY=
');
insert into checkpoint values (10, 'example.org/erasures
10
P857YC4OE1Lp/z7m0d85KAsRY6Av14YYgBZ82Ka1IXQ=

— example.org/erasures MBoBhSOiIR/6SfkOps2CVu12xwVOa4n29yskCEnjlcCqm6AtvSCsYLzFlKFVr9on+SCaOtZEp4ZjvDGk44342zdbKA4=
');
insert into checkpoint values (11, 'example.org/erasures
11
gIK2yvb742Zru+Rawbc3OFuSwSNXHYg98SCTh10mS44=

— example.org/erasures MBoBhQCzRWn0kb5rJ5+bOoMierb24VTeaGjJXfEiLQoFgmgCjcnbOFWXa+FcYdqSFtgmuiqz2DErF3toojTVwuqG+ws=
');
insert into checkpoint values (12, 'example.org/erasures
12
xkwT4N4PK/Gw9Vksg4DJ2ddc1suKLyU4eBOyBJJS4Qk=

— example.org/erasures MBoBhSKAcpo7ftiQudknoDpMMRAc1MGjlpywQ6Yg0u+u9KX6D4spMWhVf8bLOlnY0bF/btrC5qrxCn5jSMAAAyiu7go=
');
insert into checkpoint values (13, 'example.org/erasures
13
4FY22eBShHbXw+HI4GoOUutb3LdPPSGfKiNQ7L87naA=

— example.org/erasures MBoBhbpYT0r8jeNh+q2MOjlgRqHbpzdWCOXLuYKmduwXwsBW7qFAq4xRwEd2v2olCQ/JAySRxHX1yuysjMW6x62MDQ0=
');
insert into checkpoint values (14, 'example.org/erasures
14
QxMbfxSBO1L31BpXauVaDhijmyVjG6mSMhIMGfb8GQw=

— example.org/erasures MBoBhbG6ciIK5A5pJJ8eX1L3XNCWVI3AVv65zmE3pt3qixzewNI1zc1ZLp/bf7ce/iMPQWtgOnjmoEkv9HT24XHWegE=
');
insert into checkpoint values (15, 'example.org/erasures
15
iEWR8yQ1ypm8sOnEOf3XxNJPBpiaFAIh4BEZitRWktY=

— example.org/erasures MBoBhWTHCp/0b277tkwPQsU7yLQjH/99XcJVen5egOHhOHa+XP4HYDnPbyAvEVFrPkOrgTyNBACHIDFjiHnI0VCw3QI=
');
insert into checkpoint values (16, 'example.org/erasures
16
0+3KNt2L1FTrTtggc5MNiq+8equ6PM65/YFEOLZOtlk=

— example.org/erasures MBoBhbTqv6kIWaG1YNQDAI0GGRLoCJFY/GG7AJfpu9XKx81riHDmqN2n97J2PUZnZivGW5FtI2oTrPKXHE1wIp1NlA4=
');
insert into checkpoint values (17, 'example.org/erasures
17
+CYKIWqo10/SgjPJ9HGmoqNBLZdajU2w1f9QcUjLpqg=

— example.org/erasures MBoBhb+BRCnOcpLiycpQxuMBV5iidGX9DaIhjtazPjGae9HPl56WjblUOf2cbfMrAI390iobQKt7UV2z6XKQL8204AY=
');
insert into checkpoint values (19, 'example.org/erasures
19
YTiRXuwneNySBd7mc54YhANjrW705UdcgmviYVlPynA=

— example.org/erasures MBoBhc6wgM2eqAvWYJeUDun16k5z9h0EjlDq4qeG6cuyQcuF9H9mbPQ4Dn8QL6JqPPyf1tjCrEcVOSwOYwoIIUTj0gU=
');
insert into checkpoint values (20, 'example.org/erasures
20
cBiWrWdEoxbavmGeDEtC1YismAX1a5UyJ12NAPWEEWs=

— example.org/erasures MBoBhQ4EifIrtfZk5BH8hY0Ld/QZsdB4DO/VcvAuGIcvyS7fNIIVkjNKeWCZ3GtuDFPn230fiDt8EfDU+JKRPB2Chwo=
');
insert into checkpoint values (21, 'example.org/erasures
21
/10CDzDQ/VargdJt6+J0BB79bdmxg0MPTm8YGJVBB/M=

— example.org/erasures MBoBhTvJAg++ivw5I2wM2zYBKHp5P3B6XyUxo0m+qofpB0dcbt8Zwt1eoaVsS1KjRVe4IquctcWLqW2G14GIfrp9/wY=
');
insert into checkpoint values (22, 'example.org/erasures
22
pQhrOZXk8IjRsvQSs4WfyvorFliKxXuTAw92HZ2pIws=

— example.org/erasures MBoBhfQXZZWC3rsPGOTjR9vkm6SZvwN+w8lLKtxvAfyhxPv9KgM8iUFxRRcuvJ6ugDh13/cqrBhPgAldctb0VPqBJgc=
');
insert into checkpoint values (24, 'example.org/erasures
24
+LDA+pCijGcfhwz08lG832H078/WhCT4MWlhAQ9enmA=

— example.org/erasures MBoBhZ/nTfunFSRit8+3Ar0Rn9rEL0n6fIuVmVk77emyupjMowLuW5LnKWmyR8z1PHHmpFGKmuYes5ZFlCWzcHdMqwg=
');
insert into checkpoint values (26, 'example.org/erasures
26
NdymU9gY77op/TCzCuWqL5jjwhUmoFc/XS5nVMQE8bY=

— example.org/erasures MBoBhW+WCRnOFoCiLSjmmrqmyojvwx9/OjN+vdfUzgx2tHlURg+o2QlFF+CiBPK4rMwl/Eg+hZSZRNDNFOOeAtMobQ0=
');
insert into checkpoint values (27, 'example.org/erasures
27
4bXeUK9aH7p711S1zZ++Quo4h03CAJCXvqZWdGjH9fk=

— example.org/erasures MBoBhSJC5Ge+BAW+XdxWIp+4JGyG++kzkZG0J4XaO+aQtF/6pFy6WlQfypyja6bOH1byvlPzZEakNTWfhCAoG0tXggo=
');
insert into checkpoint values (28, 'example.org/erasures
28
hJQLQd40VICiwnLh++czjkOQnf6VEjfQ5TzLDb/koaE=

— example.org/erasures MBoBhcaorkj5T0R0TWEdcJP2FXj9VUxOIQ6PHv2gNb1PTiMOMfdJFoK/m3qDd7h7uJ4V68kWiDILdZJ8rBtO8YBrWQM=
');
insert into checkpoint values (29, 'example.org/erasures
29
BvcPi0nhimTHbpU4ZVWKpqVvbv/cuFY+BEyWP7REMW0=

— example.org/erasures MBoBhY9mdqxbH0PfjH8hhQXXVj//ZUaS0ETBTC4Zky3BEqecFEzlOct3gZbXVJm1lg3QMfXn21UOfU1EzZ96qsbbmg4=
');
insert into checkpoint values (30, 'example.org/erasures
30
Xth6E0ubuhVJUrU0yrY1P7bchSMPa7trkLv7KetA8IA=

— example.org/erasures MBoBhSsKCN/v5dZ3q94glwOsSJg+/6iIkXYTi6W94kY9U/2a6/+li/f6a41da3WEJCG81Cd7+6fwrr5yQN2KGdjYigM=
');
insert into checkpoint values (32, 'example.org/erasures
32
+WbT5ct/2HkHoz/39sX6ahgxJ8GPdJLc7m05X6SfzLs=

— example.org/erasures MBoBhWEhNSQ1waZkXz1dp/zf+2ip93Jhf8Kp2cX+nJAV0quhQwIpAAKUassym/tumdUdtJK2+Q9Dik2OgcxnAdIAYgA=
');
insert into checkpoint values (33, 'example.org/erasures
33
qflOfp7CemCW5ICzRigSrp0jMUoZwM2kHl/QpfsrY7A=

— example.org/erasures MBoBhQThp9pc+u2rvCD0egRJGWVYiG/RQG5CoXme7sz9HqYRV+o+NUXaQNSwHyN/W7jzKjtJBo+I1UkEtc6iIQDETAw=
');
insert into checkpoint values (34, 'example.org/erasures
34
6YTI7dgM4dWBZhe/v+IshZwExd6oFgoV4cuGvP0p00E=

— example.org/erasures MBoBhUZ8+mtWUdtxF3QoR//NU8Npl5F6ZK9jsNAKcCyPwOq7kGB+/ffqIYn2YLbTK23mltIIr4pnUIpuvXGpuIdwbAE=
');
insert into checkpoint values (35, 'example.org/erasures
35
vhomue2YQFLVVR2GfnbS4O1ZykydQ7pSiDpKzvVjZUw=

— example.org/erasures MBoBhTN63aQidUIdHtLvY4gxfORuQCioi+SiTtgXfggd18ZlUkwjNC/30VuEK0huIJ2+ESGeQprnxOVa7YN4DvBzAgY=
');
insert into checkpoint values (37, 'example.org/erasures
37
8yZ3eNgehPHVztUeSIGelbyLZaIFwp9PtYmOGY+eerk=

— example.org/erasures MBoBhdb8dm/bvF5JeIM9TOYoxzE+b9lRQ+fEfpLYYgbZvXu9vvVTV/sHeLrcICHefCIxcnG7GKZSX4MdKQz7vTfoVAI=
');
insert into checkpoint values (38, 'example.org/erasures
38
3dXrnhiw9INAb/LiVCcZYV8i17i1LvH9joVMJukjOHI=

— example.org/erasures MBoBhT1F1IWp9aheed0sD1JGMpSwTFBmpEq3U7vaQT4LWJYJ8OUqqnP3E0o75FDf5BKMdmGEE1Wv0iTXom1lu0govwU=
');
insert into checkpoint values (39, 'example.org/erasures
39
l/chLMoQ3u69+biJWoL7l8qPTaLqhsBDlPhp8mV2Kko=

— example.org/erasures MBoBhdUhctuE536/fcjdurgoCyK4Q6cxb/j7EmAHu4c122E5vAKjyPGIhvK5KUejiTd1A2GkFtBTmWsG1i4wrWDBiQw=
');
insert into checkpoint values (40, 'example.org/erasures
40
++1yGZfgxnLBVunQi9QPIzLJlsunFZcUcXwSqRKlfds=

— example.org/erasures MBoBhfKeNid1+wfMY86V7a7tz6OTlmT76HExB5BOvSNn52emu+Ow4bGpQO/efP2Q0CY5tXIcrmx++zNoQEkONRLR7Q4=
');
insert into checkpoint values (41, 'example.org/erasures
41
KPaNsdLsj9o2c0MTmXNvnTzQB+J+QJjIBQxpKEFe3sE=

— example.org/erasures MBoBhSckbSwUA4GSTlcBAv08hC5Be9PXrE8A8iEtqkMzi82sxfsmOGH887OGaj+J/xgHG1qkI4UEo7McaqdWZA6lVAA=
');
insert into checkpoint values (42, 'example.org/erasures
42
5zKjjdOQf9Gekrva8FaVCE6QfriKWDLEhEAi4PgpAzk=

— example.org/erasures MBoBhV9Nkssj7OoveKn6IZKeKcD89FeYYYVEszLBVujnN0a66y54URXH2FvYMzacsHrJhUXXsu/Vb2icTjq8zKjx4wY=
');
CREATE INDEX leaf_request on leaf (request, idx);
CREATE TRIGGER leaf_stays before delete on leaf begin select raise(abort, 'leaves are never deleted'); end;
CREATE TRIGGER leaf_is_fixed before update of idx, id, leaf on leaf begin select raise(abort, 'leaves never change'); end;
CREATE TRIGGER node_is_fixed before update on node begin select raise(abort, 'nodes never change'); end;
CREATE TRIGGER checkpoint_stays before delete on checkpoint begin select raise(abort, 'checkpoints are never deleted'); end;
CREATE TRIGGER checkpoint_is_fixed before update on checkpoint begin select raise(abort, 'checkpoints never change'); end;
