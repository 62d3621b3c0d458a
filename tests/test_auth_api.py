from __future__ import annotations
def test_x(make_portal):
    p = make_portal({"catalog-info.yaml": "apiVersion: backstage.io/v1alpha1\nkind: User\nmetadata: {name: guest}\nspec: {memberOf: [platform]}\n"}, guest_user="user:default/guest")
    r = p.client.get("/api/auth/guest/refresh"); print(r.status, r.json)
    t = r.json["backstageIdentity"]["token"]; h={"Authorization": f"Bearer {t}"}
    for m,u,b in [("GET","/api/auth/.well-known/jwks.json",None),("GET","/api/auth/v1/userinfo",None),("POST","/api/permission/authorize",{"items":[{"permission":{}}]}),("POST","/api/user-settings/multiget",{"items":[{"bucket":"a","key":"b"}]}),("GET","/api/notifications/status",None),("GET","/api/notifications",None),("GET","/api/signals",None),("GET","/api/techdocs/.backstage/auth/v1/cookie",None),("DELETE","/api/techdocs/.backstage/auth/v1/cookie",None),("POST","/api/auth/guest/logout",None),("GET","/api/auth/guest/start",None),("GET","/api/catalog/entities",None)]:
        r=p.client.open(u,method=m,json=b,headers=h); print(m,u,r.status,r.headers.get("Set-Cookie"),r.text[:300])
    assert 0
