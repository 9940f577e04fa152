"""Exports of other systems come in as they are: whose they are, where people work, what was said.

The samples are made up; their headers are the documented names of each system, with columns that nothing here takes.
"""

import pytest

from tests.imports.importing import import_text, query, upload
from zhiyin.imports.systems import exports

SAMPLES: dict[str, dict[str, str]] = {
    "Salesforce": {
        "accounts": "Id,IsDeleted,Name,Type,ParentId,BillingStreet,BillingCity,BillingState,BillingPostalCode,"
        "BillingCountry,Phone,Fax,Website,Industry,NumberOfEmployees,AccountSource,Owner.Name\n"
        "001A,false,Yuanshan Trading Ltd,Customer,,Long Road 1,Shanghai,SH,200000,China,+862112345678,,yuanshan.example,"
        "Retail,40,Web,林岚\n",
        "contacts": "Id,AccountId,LastName,FirstName,Title,Email,Phone,MobilePhone,MailingCity,LeadSource,Owner.Name\n"
        "003A,001A,Wang,Xiaoming,Buyer,wang@yuanshan.example,,+8613900000001,Shanghai,Web,林岚\n",
        "leads": "Id,LastName,FirstName,Company,Title,Email,MobilePhone,Street,City,LeadSource,Status,Rating,Owner.Name\n"
        "00QA,Li,Lei,Unknown Co,CEO,li@example.cn,+8613900000002,Road 2,Beijing,Fair,Open,Hot,林岚\n",
        "tasks": "Id,WhoId,WhatId,Subject,ActivityDate,Status,Priority,Description,TaskSubtype,CompletedDateTime,Owner.Name\n"
        "00TA,003A,001A,Call back,2026-03-05,Completed,Normal,Wants a discount,Call,2026-03-05T08:00:00Z,林岚\n",
    },
    "HubSpot": {
        "companies": "Record ID,Company name,Company owner,Create Date,Phone Number,Street Address,City,State/Region,"
        "Postal Code,Country/Region,Industry\n"
        "9001,Yuanshan Trading Ltd,林岚,2024-01-01,+862112345678,Long Road 1,Shanghai,SH,200000,China,Retail\n",
        "contacts": "Record ID,First Name,Last Name,Email,Phone Number,Job Title,Contact owner,Associated Company,"
        "Lead Status,Original Source\n"
        "9101,Xiaoming,Wang,wang@yuanshan.example,+8613900000001,Buyer,林岚,Yuanshan Trading Ltd,New,Web\n",
        "leads": "Record ID,Lead name,Lead owner,Lead source,Lead pipeline\n9201,Li Lei,林岚,Fair,Default\n",
        "activities": "Activity type,Activity date,Activity assigned to,Email,Title,Notes,Outcome\n"
        "Call,2026-03-05 08:00,林岚,wang@yuanshan.example,Call back,Wants a discount,Connected\n",
    },
    "Odoo": {
        "contacts and companies": "id,name,is_company,company_type,parent_id/id,function,phone,email,street,city,state_id,"
        "zip,country_id,user_id,vat\n"
        "__export__.p1,Yuanshan Trading Ltd,True,company,,,+862112345678,,Long Road 1,Shanghai,,200000,China,林岚,X1\n"
        "__export__.p2,Wang Xiaoming,False,person,__export__.p1,Buyer,+8613900000001,wang@yuanshan.example,,Shanghai,,,"
        "China,林岚,\n",
        "leads": "id,name,contact_name,partner_name,function,email_from,phone,street,city,state_id,zip,country_id,user_id,"
        "source_id,stage_id\n"
        "__export__.l1,Interest in kettles,Li Lei,Unknown Co,CEO,li@example.cn,+8613900000002,Road 2,Beijing,,,China,林岚,"
        "Fair,New\n",
        "activities": "id,res_name,res_model,activity_type_id,summary,note,date_deadline,date_done,user_id,state\n"
        "__export__.a1,Wang Xiaoming,Contact,Call,Call back,Wants a discount,2026-03-05,2026-03-05,林岚,done\n",
    },
    "EspoCRM": {
        "accounts": "id,name,website,emailAddress,phoneNumber,type,industry,sicCode,billingAddressStreet,"
        "billingAddressCity,billingAddressState,billingAddressPostalCode,billingAddressCountry,assignedUserName\n"
        "e1,Yuanshan Trading Ltd,yuanshan.example,,+862112345678,Customer,Retail,,Long Road 1,Shanghai,,200000,China,林岚\n",
        "contacts": "id,salutationName,firstName,lastName,accountId,accountName,title,emailAddress,phoneNumber,"
        "addressCity,assignedUserName\n"
        "e2,Mr.,Xiaoming,Wang,e1,Yuanshan Trading Ltd,Buyer,wang@yuanshan.example,+8613900000001,Shanghai,林岚\n",
        "leads": "id,firstName,lastName,accountName,title,status,source,opportunityAmount,emailAddress,phoneNumber,"
        "assignedUserName\n"
        "e3,Lei,Li,Unknown Co,CEO,New,Fair,5000,li@example.cn,+8613900000002,林岚\n",
        "tasks and calls": "id,name,status,scope,dateStart,dateEnd,parentId,parentType,parentName,description,"
        "assignedUserName\n"
        "e4,Call back,Held,Call,2026-03-05 08:00:00,2026-03-05 08:10:00,e2,Contact,Xiaoming Wang,Wants a discount,林岚\n",
    },
    "SuiteCRM": {
        "accounts": "id,name,date_entered,account_type,industry,phone_office,phone_fax,website,email1,"
        "billing_address_street,billing_address_city,billing_address_state,billing_address_postalcode,"
        "billing_address_country,parent_id,assigned_user_name\n"
        "s1,Yuanshan Trading Ltd,2024-01-01,Customer,Retail,+862112345678,,yuanshan.example,,Long Road 1,Shanghai,,200000,"
        "China,,林岚\n",
        "contacts": "id,salutation,first_name,last_name,title,account_name,email1,phone_work,phone_mobile,lead_source,"
        "primary_address_city,assigned_user_name\n"
        "s2,Mr.,Xiaoming,Wang,Buyer,Yuanshan Trading Ltd,wang@yuanshan.example,,+8613900000001,Web,Shanghai,林岚\n",
        "leads": "id,first_name,last_name,title,account_name,status,status_description,lead_source,email1,phone_mobile,"
        "assigned_user_name\n"
        "s3,Lei,Li,CEO,Unknown Co,New,,Fair,li@example.cn,+8613900000002,林岚\n",
        "tasks and calls": "id,name,status,date_start,date_due,parent_type,parent_name,priority,description,"
        "assigned_user_name\n"
        "s4,Call back,Held,2026-03-05 08:00:00,,Contacts,Xiaoming Wang,High,Wants a discount,林岚\n",
    },
    "Twenty": {
        "companies": "Id,Name,Domain Name / Link URL,Employees,Address / Address 1,Address / City,Address / State,"
        "Address / Post Code,Address / Country,Account Owner\n"
        "t1,Yuanshan Trading Ltd,https://yuanshan.example,40,Long Road 1,Shanghai,,200000,China,林岚\n",
        "people": "Id,Name / First Name,Name / Last Name,Emails / Primary Email,Phones / Primary Phone Number,"
        "Phones / Primary Phone Calling Code,Company Id,Job Title,City\n"
        "t2,Xiaoming,Wang,wang@yuanshan.example,13900000001,+86,t1,Buyer,Shanghai\n",
        "tasks": "Id,Title,Body / Markdown,Status,Due At,Assignee,Relations\n"
        "t3,Call back,Wants a discount,DONE,2026-03-05,林岚,Xiaoming Wang\n",
    },
    "悟空 CRM": {
        "客户": "客户名称,客户级别,客户行业,客户来源,成交状态,下次联系时间,网址,手机,电话,邮箱,备注,详细地址,负责人\n"
        "远山贸易有限公司,A（重点客户）,零售,网络,未成交,2026-12-01,,13800000000,,,,长路一号,林岚\n",
        "联系人": "姓名,客户名称,手机,电话,电子邮箱,职务,是否关键决策人,性别,地址,下次联系时间,备注,负责人\n"
        "王小明,远山贸易有限公司,13900000001,,wang@yuanshan.example,采购,是,男,,,,林岚\n",
        "线索": "线索名称,手机,电话,邮箱,线索来源,客户行业,客户级别,地址,备注,负责人\n"
        "李雷,13900000002,,li@example.cn,展会,零售,B,路二号,,林岚\n",
        "跟进记录": "跟进内容,跟进方式,所属客户,跟进时间,下次联系时间,跟进人\n客户要折扣,打电话,远山贸易有限公司,2026-03-05 08:00,,林岚\n",
    },
    "纷享销客": {
        "客户": "客户编号,客户名称,客户级别,1级行业,上级客户,来源,国家,省,市,区,详细地址,邮编,电话,邮件,负责人,负责人主属部门\n"
        "C-1,远山贸易有限公司,重要,零售,,网络,中国,上海市,上海市,浦东新区,长路一号,200000,021-12345678,,林岚,华东\n",
        "联系人": "姓名,客户名称,主要联系人,职务,部门,手机,电话,邮件,生日,负责人\n"
        "王小明,远山贸易有限公司,是,采购,采购部,13900000001,,wang@yuanshan.example,,林岚\n",
        "销售线索": "姓名,公司,职务,部门,线索池,来源,手机,电话,邮件,负责人\n李雷,未知公司,总经理,,华东线索池,展会,13900000002,,li@example.cn,林岚\n",
        "销售记录": "销售记录内容,销售记录类型,关联业务对象,创建时间,创建人\n客户要折扣,电话,远山贸易有限公司,2026-03-05 08:00,林岚\n",
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("system", "part"), [(system, part) for system, parts in SAMPLES.items() for part in parts]
)
def test_each_file_is_known_by_its_columns(gao, system, part):
    batch = upload(gao, SAMPLES[system][part])
    assert batch.recognised["export"] == f"{system}: {part}"


@pytest.mark.parametrize("system", SAMPLES)
def test_a_whole_export_comes_in(gao, system):
    """First the companies, then people, leads, and what was said."""
    for part, text in SAMPLES[system].items():
        batch = import_text(gao, text, kind="")
        assert batch.state == "applied", (part, batch.job.error)
        assert batch.result["refused"] == 0, (part, batch.result["refusals"])
    names = {name for (name,) in query(gao, "SELECT name FROM customers_customer")}
    company, buyer = (
        ("远山贸易有限公司", "王小明") if ("CRM" in system and system.startswith("悟")) or system == "纷享销客"
        else ("Yuanshan Trading Ltd", "Wang Xiaoming" if system == "Odoo" else "Xiaoming Wang")
    )  # fmt: skip
    assert {company, buyer} <= names
    works = "SELECT s.name, o.name FROM customers_relation r JOIN customers_customer s ON s.id = r.source_id"
    works += " JOIN customers_customer o ON o.id = r.target_id"
    assert query(gao, works) == [(buyer, company)]
    owned = "SELECT DISTINCT m.name FROM customers_customer c JOIN accounts_member m ON m.id = c.owner_id"
    assert query(gao, owned) == [("林岚",)]
    said = query(
        gao,
        "SELECT f.body, m.name FROM activities_followup f LEFT JOIN accounts_member m ON m.id = f.author_id",
    )
    assert len(said) == 1
    assert "discount" in said[0][0] or "折扣" in said[0][0]
    assert said[0][1] == "林岚"


def test_every_known_export_has_its_sample():
    known = {(each.system, each.part) for each in exports()}
    tried = {(system, part) for system, parts in SAMPLES.items() for part in parts}
    assert known - tried <= {("Salesforce", "events")}
    assert tried <= known
