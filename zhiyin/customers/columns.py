"""Names by which columns of files tell who a customer is; needs no settings, as bare files are read without them."""

CODES = (
    "customer id", "customer no", "customer number", "customer code", "customer", "cust id", "custid",
    "client id",
    "client code", "member id", "member no", "account id", "account no", "account", "buyer id", "user id",
    "uid",
    "客户编号", "客户编码", "客户代码", "客户号", "客户id", "客户账号", "会员编号", "会员号", "会员id",
    "会员卡号",
    "会员账号", "买家id", "买家账号", "买家会员名", "用户id", "用户编号", "用户号", "往来单位编号",
)  # fmt: skip
NAMES = (
    "customer name", "client name", "name", "full name", "buyer", "buyer name", "company", "company name",
    "account name",
    "客户名称", "客户姓名", "客户", "姓名", "名称", "会员姓名", "会员名称", "买家", "买家姓名", "收货人",
    "收货人姓名",
    "购买人", "往来单位", "公司名称", "单位名称", "企业名称",
)  # fmt: skip
PHONES = (
    "phone", "telephone", "mobile", "phone number", "mobile number", "tel", "cell", "手机", "手机号",
    "手机号码", "电话",
    "电话号码", "联系电话", "联系手机", "收货人手机", "移动电话",
)  # fmt: skip
EMAILS = ("email", "e-mail", "mail", "email address", "邮箱", "电子邮箱", "电子邮件", "邮件地址", "邮箱地址")
COUNTRIES = ("country", "country name", "nation", "office location", "国家", "国别", "国家地区", "国家/地区")
