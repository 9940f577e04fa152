"""How other customer relationship systems name what they export: accounts, contacts, leads.

Columns are those of each system's own documentation: Salesforce's object reference (API names, as its data export
writes them), HubSpot's default properties, the field names of Odoo's ``res.partner`` and ``crm.lead``, of EspoCRM's and
SuiteCRM's entities, Twenty's nested columns, and the standard forms of 悟空 CRM and 纷享销客. A company's own columns are
offered beside them.
"""

from collections.abc import Mapping

from zhiyin.imports.systems import Export, register

SALESFORCE_PLACE = ("Street", "City", "State", "PostalCode", "Country")


def _place(prefix: str, names: tuple[str, ...] = SALESFORCE_PLACE) -> dict[str, str]:
    parts = ("address", "city", "province", "postcode", "country")
    return {part: f"{prefix}{name}" for part, name in zip(parts, names, strict=True)}


def _customers(system: str, part: str, marks: tuple[str, ...], columns: Mapping[str, str]) -> Export:
    return Export(system, part, "customers", columns, marks)


SALESFORCE = (
    _customers(
        "Salesforce",
        "accounts",
        ("Id", "Name", "ParentId", "BillingCity"),
        {
            "customer_code": "Id",
            "customer_name": "Name",
            "parent": "ParentId",
            "customer_phone": "Phone",
            "owner": "Owner.Name",
            "source": "AccountSource",
            **_place("Billing"),
        },
    ),
    _customers(
        "Salesforce",
        "contacts",
        ("Id", "AccountId", "LastName"),
        {
            "customer_code": "Id",
            "family_name": "LastName",
            "given_name": "FirstName",
            "company": "AccountId",
            "job_title": "Title",
            "customer_phone": "MobilePhone",
            "customer_email": "Email",
            "source": "LeadSource",
            "owner": "Owner.Name",
            **_place("Mailing"),
        },
    ),
    _customers(
        "Salesforce",
        "leads",
        ("Id", "LastName", "Company", "LeadSource"),
        {
            "customer_code": "Id",
            "family_name": "LastName",
            "given_name": "FirstName",
            "company": "Company",
            "job_title": "Title",
            "customer_phone": "MobilePhone",
            "customer_email": "Email",
            "source": "LeadSource",
            "owner": "Owner.Name",
            **_place(""),
        },
    ),
)
HUBSPOT_PLACE = ("Street Address", "City", "State/Region", "Postal Code", "Country/Region")
HUBSPOT = (
    _customers(
        "HubSpot",
        "companies",
        ("Record ID", "Company name", "Company owner"),
        {
            "customer_code": "Record ID",
            "customer_name": "Company name",
            "customer_phone": "Phone Number",
            "owner": "Company owner",
            "parent": "Parent Company",
            **_place("", HUBSPOT_PLACE),
        },
    ),
    _customers(
        "HubSpot",
        "contacts",
        ("Record ID", "Last Name", "Contact owner"),
        {
            "customer_code": "Record ID",
            "family_name": "Last Name",
            "given_name": "First Name",
            "customer_email": "Email",
            "customer_phone": "Phone Number",
            "job_title": "Job Title",
            "company": "Associated Company",
            "owner": "Contact owner",
            "source": "Original Source",
            **_place("", HUBSPOT_PLACE),
        },
    ),
    _customers(
        "HubSpot",
        "leads",
        ("Record ID", "Lead name", "Lead owner"),
        {
            "customer_code": "Record ID",
            "customer_name": "Lead name",
            "owner": "Lead owner",
            "source": "Lead source",
        },
    ),
)
ODOO_PLACE = ("street", "city", "state_id", "zip", "country_id")
ODOO = (
    _customers(
        "Odoo",
        "contacts and companies",
        ("id", "name", "is_company", "parent_id/id"),
        {
            "customer_code": "id",
            "customer_name": "name",
            "kind": "company_type",
            "company": "parent_id/id",
            "job_title": "function",
            "customer_phone": "phone",
            "customer_email": "email",
            "owner": "user_id",
            **_place("", ODOO_PLACE),
        },
    ),
    _customers(
        "Odoo",
        "leads",
        ("id", "contact_name", "partner_name", "email_from"),
        {
            "customer_code": "id",
            "customer_name": "contact_name",
            "company": "partner_name",
            "job_title": "function",
            "customer_phone": "phone",
            "customer_email": "email_from",
            "owner": "user_id",
            "source": "source_id",
            **_place("", ODOO_PLACE),
        },
    ),
)
ESPO_PLACE = ("Street", "City", "State", "PostalCode", "Country")
ESPOCRM = (
    _customers(
        "EspoCRM",
        "accounts",
        ("id", "name", "sicCode", "billingAddressCity"),
        {
            "customer_code": "id",
            "customer_name": "name",
            "customer_phone": "phoneNumber",
            "customer_email": "emailAddress",
            "owner": "assignedUserName",
            **_place("billingAddress", ESPO_PLACE),
        },
    ),
    _customers(
        "EspoCRM",
        "contacts",
        ("id", "lastName", "accountName", "accountId"),
        {
            "customer_code": "id",
            "family_name": "lastName",
            "given_name": "firstName",
            "company": "accountId",
            "job_title": "title",
            "customer_phone": "phoneNumber",
            "customer_email": "emailAddress",
            "owner": "assignedUserName",
            **_place("address", ESPO_PLACE),
        },
    ),
    _customers(
        "EspoCRM",
        "leads",
        ("id", "lastName", "accountName", "opportunityAmount"),
        {
            "customer_code": "id",
            "family_name": "lastName",
            "given_name": "firstName",
            "company": "accountName",
            "job_title": "title",
            "customer_phone": "phoneNumber",
            "customer_email": "emailAddress",
            "source": "source",
            "owner": "assignedUserName",
            **_place("address", ESPO_PLACE),
        },
    ),
)
SUITE_PLACE = ("street", "city", "state", "postalcode", "country")
SUITECRM = (
    _customers(
        "SuiteCRM",
        "accounts",
        ("id", "name", "phone_office", "billing_address_city"),
        {
            "customer_code": "id",
            "customer_name": "name",
            "customer_phone": "phone_office",
            "customer_email": "email1",
            "parent": "parent_id",
            "owner": "assigned_user_name",
            **_place("billing_address_", SUITE_PLACE),
        },
    ),
    _customers(
        "SuiteCRM",
        "contacts",
        ("id", "last_name", "account_name", "lead_source", "phone_mobile"),
        {
            "customer_code": "id",
            "family_name": "last_name",
            "given_name": "first_name",
            "company": "account_name",
            "job_title": "title",
            "customer_phone": "phone_mobile",
            "customer_email": "email1",
            "source": "lead_source",
            "owner": "assigned_user_name",
            **_place("primary_address_", SUITE_PLACE),
        },
    ),
    _customers(
        "SuiteCRM",
        "leads",
        ("id", "last_name", "account_name", "status_description", "lead_source", "phone_mobile"),
        {
            "customer_code": "id",
            "family_name": "last_name",
            "given_name": "first_name",
            "company": "account_name",
            "job_title": "title",
            "customer_phone": "phone_mobile",
            "customer_email": "email1",
            "source": "lead_source",
            "owner": "assigned_user_name",
            **_place("primary_address_", SUITE_PLACE),
        },
    ),
)
TWENTY = (
    _customers(
        "Twenty",
        "companies",
        ("Id", "Name", "Domain Name / Link URL"),
        {
            "customer_code": "Id",
            "customer_name": "Name",
            "owner": "Account Owner",
            "address": "Address / Address 1",
            "city": "Address / City",
            "province": "Address / State",
            "postcode": "Address / Post Code",
            "country": "Address / Country",
        },
    ),
    _customers(
        "Twenty",
        "people",
        ("Id", "Name / Last Name", "Emails / Primary Email"),
        {
            "customer_code": "Id",
            "family_name": "Name / Last Name",
            "given_name": "Name / First Name",
            "customer_email": "Emails / Primary Email",
            "customer_phone": "Phones / Primary Phone Number",
            "company": "Company Id",
            "job_title": "Job Title",
            "city": "City",
        },
    ),
)
WUKONG = (
    _customers(
        "悟空 CRM",
        "客户",
        ("客户名称", "客户级别", "客户行业", "下次联系时间"),
        {
            "customer_name": "客户名称",
            "customer_phone": "手机",
            "source": "客户来源",
            "address": "详细地址",
            "customer_email": "邮箱",
            "owner": "负责人",
        },
    ),
    _customers(
        "悟空 CRM",
        "联系人",
        ("姓名", "客户名称", "是否关键决策人"),
        {
            "customer_name": "姓名",
            "company": "客户名称",
            "customer_phone": "手机",
            "customer_email": "电子邮箱",
            "job_title": "职务",
            "address": "地址",
            "owner": "负责人",
        },
    ),
    _customers(
        "悟空 CRM",
        "线索",
        ("线索名称", "线索来源"),
        {
            "customer_name": "线索名称",
            "customer_phone": "手机",
            "customer_email": "邮箱",
            "source": "线索来源",
            "address": "地址",
            "owner": "负责人",
        },
    ),
)
FXIAOKE_PLACE = ("详细地址", "市", "省", "邮编", "国家")
FXIAOKE = (
    _customers("纷享销客", "客户", ("客户名称", "客户级别", "上级客户"), {
        "customer_code": "客户编号", "customer_name": "客户名称", "parent": "上级客户", "customer_phone": "电话",
        "customer_email": "邮件", "source": "来源", "owner": "负责人", "district": "区",
        **_place("", FXIAOKE_PLACE),
    }),
    _customers("纷享销客", "联系人", ("姓名", "客户名称", "主要联系人"), {
        "customer_name": "姓名", "company": "客户名称", "job_title": "职务", "customer_phone": "手机",
        "customer_email": "邮件", "owner": "负责人",
    }),
    _customers("纷享销客", "销售线索", ("姓名", "公司", "线索池"), {
        "customer_name": "姓名", "company": "公司", "job_title": "职务", "customer_phone": "手机",
        "customer_email": "邮件", "source": "来源", "owner": "负责人",
    }),
)  # fmt: skip
register(*SALESFORCE, *HUBSPOT, *ODOO, *ESPOCRM, *SUITECRM, *TWENTY, *WUKONG, *FXIAOKE)
